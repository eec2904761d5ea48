// Runs every audit of graphql-http against the address given, and prints what came of each as JSON.
import { serverAudits } from 'graphql-http'

const found = []
for (const audit of serverAudits({ url: process.argv[2] })) {
  const { id, name, status, reason } = await audit.fn()
  found.push({ id, name, status, reason: reason ?? null })
}
console.log(JSON.stringify(found))
