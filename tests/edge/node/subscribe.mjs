// Subscribes with the clients that dashboards use, and tells what happens as lines of JSON.
// node subscribe.mjs ws|sse ADDRESS TOKEN DOCUMENT [RETRIES]; a line on standard input completes the subscription.
import { createClient as createSse } from 'graphql-sse'
import { createClient as createWs } from 'graphql-ws'
import WebSocket from 'ws'

const [kind, address, token, query, retries = '0'] = process.argv.slice(2)
const tell = (what) => console.log(JSON.stringify(what))
const authorization = token ? { Authorization: `Bearer ${token}` } : {}
const soon = () => new Promise((done) => setTimeout(done, 100))
const again = { retryAttempts: Number(retries), retryWait: soon, retry: soon }
const on = {
  connected: () => tell({ connected: true }),
  closed: (event) => tell({ closed: event.code, reason: event.reason }),
}
const client =
  kind === 'ws'
    ? createWs({
        url: address.replace('http', 'ws') + '/graphql',
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        shouldRetry: () => true,
        on,
        ...again,
      })
    : createSse({ url: address + '/graphql', headers: authorization, on: { connected: on.connected }, ...again })

const complete = client.subscribe(
  { query },
  {
    next: (result) => tell({ next: result }),
    error: (error) => tell({ error: error.code ?? error.response?.status ?? error, message: error.message ?? null }),
    complete: () => tell({ complete: true }),
  },
)
process.stdin.once('data', () => {
  complete()
  process.stdin.destroy()
})
process.stdin.once('end', () => process.exit())
