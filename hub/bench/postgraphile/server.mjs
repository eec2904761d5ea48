// PostGraphile over the benchmark's database: node server.mjs PORT SOCKET-FOLDER USER DATABASE POOL-SIZE
//
// Connections run as hub_public and a public request needs no transaction; anybody else's runs in one that
// carries role and identity, as PostGraphile does it. Statements are prepared, plans and parsed documents are
// kept, nothing is logged, nothing watches the database.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const [port, host, user, database, size] = process.argv.slice(2);
const FRESH_MILLISECONDS = 500;

const connect = (role, max) =>
  new pg.Pool({
    host,
    user,
    database,
    max,
    idleTimeoutMillis: 0,
    options: `-c role=${role} -c TimeZone=UTC`,
  });
const pool = connect("hub_public", Number(size));
const askers = connect("hub_app", 2);

// Whom a token speaks for, asked at most twice a second; a promise, so that many requests ask once.
const known = new Map();

function identity(token) {
  const found = known.get(token);
  if (found && found.until > performance.now()) return found.settings;
  const hash = createHash("sha256").update(token).digest();
  const settings = askers
    .query({ name: "who", text: "select * from hub.authenticate($1)", values: [hash] })
    .then(({ rows: [row] }) => {
      if (!row) throw new Error("This token is unknown, expired or revoked.");
      return {
        role: "hub_app",
        "hub.person": row.person_id,
        "hub.organisation": row.organisation_id ?? "",
        "hub.roles": [...row.roles].sort().join(","),
      };
    });
  known.set(token, { settings, until: performance.now() + FRESH_MILLISECONDS });
  return settings;
}

async function context({ node }) {
  const header = node?.req.headers.authorization;
  return { pgSettings: header ? await identity(header.replace(/^Bearer /, "")) : undefined };
}

const tags = {
  version: 1,
  config: {
    class: {
      "hub.proposals": {
        tags: {
          foreignKey:
            "(id, revision_number) references hub.proposal_revisions (proposal_id, number)|@fieldName revision",
        },
      },
      "bench.contribution_groups": {
        tags: {
          primaryKey: "provider_id,currency",
          foreignKey: "(provider_id) references hub.organisations (id)|@fieldName provider",
        },
      },
      "bench.contribution_totals": { tags: { primaryKey: "currency" } },
    },
    constraint: {
      "hub.initiative_participants.fk_initiative_participants_initiative": {
        tags: {
          foreignFieldName: "initiativeParticipants",
          foreignSimpleFieldName: "initiativeParticipantsList",
        },
      },
    },
  },
};

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  plugins: [jsonPgSmartTags(tags)],
  // Rows are ordered by whatever the question asks for, indexed or not.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [makePgService({ pool, schemas: ["hub", "bench"] })],
  schema: { defaultBehavior: "+connection +list", retryOnInitFail: false },
  grafast: { context, explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
});

const server = createServer({ keepAliveTimeout: 120_000 });
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await instance.getSchema();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
