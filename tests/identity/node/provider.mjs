// A certified OpenID Connect provider for the tests of sign-in. Argument: the address of the hub.
// Prints its own address, and ends when its standard input does. Whoever logs in as an e-mail address owns it;
// addresses that begin with "unverified" are not verified.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const hub = process.argv[2];
const realNow = Date.now;
let issuer;
let handle;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

const signed = { id_token_signed_response_alg: 'RS256', token_endpoint_auth_method: 'client_secret_basic' };
const clients = [
  {
    ...signed,
    client_id: 'hub',
    client_secret: 'the-secret-of-the-hub-at-the-provider',
    redirect_uris: [`${hub}/auth/callback`],
    post_logout_redirect_uris: [`${hub}/`],
    backchannel_logout_uri: `${hub}/auth/backchannel-logout`,
    backchannel_logout_session_required: true,
  },
  {
    ...signed,
    client_id: 'dashboard',
    client_secret: 'the-secret-of-a-dashboard',
    redirect_uris: ['http://127.0.0.1/dashboard'],
  },
];

function begin() {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [signingKey()] },
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: id,
        email_verified: !id.startsWith('unverified'),
        name: `Owner of ${id}`,
      }),
    }),
    features: {
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'read',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    // Its own guard keeps it from calling back to this machine.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  });
  provider.on('backchannel.error', (_, error) => console.error(String(error)));
  provider.on('server_error', (_, error) => console.error(error));
  handle = provider.callback();
}

const server = createServer((request, response) => {
  const control = new URL(request.url, issuer);
  if (control.pathname === '/control/rotate') begin();
  else if (control.pathname === '/control/clock') {
    const offset = Number(control.searchParams.get('seconds')) * 1000;
    Date.now = () => realNow() + offset;
  } else return handle(request, response);
  return response.end();
});
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  begin();
  console.log(issuer);
});
process.stdin.on('end', () => process.exit()).resume();
