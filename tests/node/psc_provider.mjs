// A certified OpenID provider (oidc-provider) in the shape of Pro Santé Connect, for the tests; its people are invented.
//
// Argument: JSON {"redirect_uris", "post_logout_redirect_uris"}. Prints one JSON line, {"discovery", "control"}, when it
// listens, and leaves with its standard input. As Pro Santé Connect does: another name for the discovery document, a sign-in
// page under another host than the issuer, acr_values=eidas1 required, short access tokens, refresh tokens that serve once.
//
// POST to `control` a JSON object to make it lie, {} to make it honest again:
//   token: {claims, drop, header, sign}   the id_token is written again: claims replaced or dropped, signed by "own" (its
//                                         key), "hostile" (another key under the same kid), "none" or "hs256-public" (HMAC,
//                                         its public key as the secret)
//   rotate: true                          it signs with a new key, and publishes only that one, from now on
//   replace: {PATH: {status, body, type, location, filler}}   what it answers under a path, as it is
//   userinfo: {…}                         claims replaced in userinfo
//   refuse: true                          the person gives up
import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { exportJWK, SignJWT } from "jose";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const REALM = "/auth/realms/esante-wallet";
const WALLET = "/wallet";
const OPENID = "/protocol/openid-connect";
const CLIENT = { id: "ecluse-essai", secret: "essai: 100 % + &" };
const PROFESSION = "1.2.250.1.213.1.1.5.5";

const activity = (name, finess, sector) => ({
  codeModeExercice: "S", codeSecteurDactivite: sector, codeSectionPharmacien: "", codeRole: "", codeGenreActivite: "GENR01",
  numeroSiretSite: "", numeroSirenSite: "", numeroFinessSite: finess, numeroFinessetablissementJuridique: "0B0000048",
  identifiantTechniqueDeLaStructure: `R${finess}`, raisonSocialeSite: name, enseigneCommercialeSite: "",
  codePostal: "75013", codeDepartement: "", ancienIdentifiantDeLaStructure: `1${finess}`, autoriteDenregistrement: "",
});
const exercice = (profession, family, givenName, activities) => ({
  codeProfession: profession, codeCategorieProfessionnelle: "C", codeCiviliteDexercice: "DR", nomDexercice: family,
  prenomDexercice: givenName, codeTypeSavoirFaire: "", codeSavoirFaire: "", activities,
});
const person = (national, family, givenName, exercices, otherIds) => ({
  sub: `f:0f1e2d3c-4b5a-4687-9788-a9bacbdcedfe:${national}`,
  preferred_username: national, SubjectNameID: national, family_name: family, given_name: givenName,
  SubjectRole: exercices.map((one) => `${one.codeProfession}^${PROFESSION}`),
  Palier_Authentification: "APPPRIP3^1.2.250.1.213.1.5.1.1.1", Mode_Acces_Raison: "", Acces_Regulation_Medicale: "FAUX",
  PSI_Locale: "1.2.250.1.213.1.3.1.1", UITVersion: "1.0", codeCivilite: "MME", otherIds,
  ...(exercices.length ? { SubjectRefPro: { codeCivilite: "MME", exercices } } : {}),
});
const rpps = (number) => [{ identifiant: number, origine: "RPPS", qualite: 1 }];
const PEOPLE = {
  medecin: person("899700000013", "ESSAI-CASSIN", "Violette", [
    exercice("10", "ESSAI-CASSIN", "Violette", [activity("CLINIQUE DES TROIS ÉCLUSES", "0B0000022", "SA07")]),
  ], rpps("99700000013")),
  infirmiere: person("899700000021", "ESSAI-BELIN", "Apolline", [
    exercice("60", "ESSAI-BELIN", "Apolline", [
      activity("HÔPITAL DU SAS", "0B0000030", "SA01"), activity("CLINIQUE DES TROIS ÉCLUSES", "0B0000022", "SA07"),
    ]),
    exercice("10", "ESSAI-BELIN", "Apolline", []),
  ], rpps("99700000021")),
  secretaire: person("30B0000030/42", "ESSAI-DORVAL", "Côme", [], []),
  edit: person("ANS20261120101010", "ESSAI-FICTIF", "Basile", [], [
    { identifiant: "ANS20261120101010", origine: "EDIT", qualite: 1 },
  ]),
};
const CLAIMS = Object.keys(PEOPLE.medecin);

let lies = {};
const made = (kid) => ({ kid, pair: generateKeyPairSync("rsa", { modulusLength: 2048 }) });
const hostile = made("psc-1");
let rotated = null;
const first = made("psc-1");
const jwk = async (key, part) => ({ ...(await exportJWK(key.pair[part])), kid: key.kid, use: "sig", alg: "RS256" });

let provider, issuer, wallet;

function configuration(keys) {
  return {
    clients: [{
      client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: given.redirect_uris,
      post_logout_redirect_uris: given.post_logout_redirect_uris, grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: given.authentication ?? "client_secret_basic",
      ...(given.signed_userinfo ? { userinfo_signed_response_alg: "RS256" } : {}),
    }],
    jwks: { keys },
    scopes: ["openid", "scope_all"],
    claims: { openid: ["sub", "amr", "auth_time"], scope_all: CLAIMS, acr: null, amr: null, auth_time: null, sid: null, iss: null },
    acrValues: ["eidas1"],
    pkce: { required: () => true },
    routes: {
      authorization: "/auth", token: `${OPENID}/token`, userinfo: `${OPENID}/userinfo`, jwks: `${OPENID}/certs`,
      end_session: `${OPENID}/logout`, revocation: `${OPENID}/revoke`,
    },
    features: {
      devInteractions: { enabled: false }, revocation: { enabled: true }, jwtUserinfo: { enabled: true },
      rpInitiatedLogout: {
        logoutSource: (ctx, form) => { ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Partir</button>`); },
      },
    },
    cookies: { keys: ["essai"] },
    ttl: { AccessToken: 300, IdToken: 300, RefreshToken: 1800, Session: 3600, Grant: 3600, Interaction: 600 },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => Object.values(PEOPLE).find((one) => one.sub === sub) }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ accountId: ctx.oidc.session.accountId, clientId: ctx.oidc.client.clientId });
      grant.addOIDCScope("openid scope_all");
      grant.addOIDCClaims(["acr"]);
      return grant.save().then(() => grant);
    },
  };
}

const page = (body) => `<!doctype html><html lang="fr"><title>Fournisseur d’essai</title><body>${body}</body></html>`;

const body = (stream) => new Promise((done) => {
  const parts = [];
  stream.on("data", (part) => parts.push(part)).on("end", () => done(Buffer.concat(parts).toString()));
});

// Where a person chooses who she is; Pro Santé Connect requires acr_values=eidas1 before it shows anything.
async function interaction(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (params.acr_values !== "eidas1") {
    return provider.interactionFinished(request, response, { error: "invalid_request", error_description: "acr_values" });
  }
  if (lies.refuse) return provider.interactionFinished(request, response, { error: "access_denied" });
  if (request.method === "GET") {
    const choices = Object.keys(PEOPLE).map((one) => `<button name="person" value="${one}">${one}</button>`);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    return response.end(page(`<form method="post">${choices.join("")}</form>`));
  }
  const chosen = PEOPLE[new URLSearchParams(await body(request)).get("person")];
  const login = { accountId: chosen.sub, acr: "eidas1", amr: ["pwd", "hwk"], ts: Math.floor(Date.now() / 1000) };
  return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

// The answer of the real provider, before it leaves.
function captured(request, response, path) {
  request.originalUrl = request.url;
  request.url = path;
  const parts = [];
  const end = response.end.bind(response);
  response.write = (part) => parts.push(Buffer.from(part));
  return new Promise((done) => {
    response.end = (part) => {
      if (part) parts.push(Buffer.from(part));
      response.end = end;
      done(Buffer.concat(parts).toString());
    };
    provider.callback()(request, response);
  });
}

const send = (response, text) => { response.setHeader("Content-Length", Buffer.byteLength(text)); response.end(text); };

async function forged(token) {
  const { claims = {}, drop = [], header = {}, sign = "own" } = lies.token ?? {};
  const [head, payload] = token.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
  const told = { ...payload, ...claims };
  for (const name of drop) delete told[name];
  const key = rotated ?? (sign === "hostile" ? hostile : first);
  const headed = { ...head, kid: key.kid, ...header };
  if (sign === "none" || sign === "hs256-public") {
    const alg = sign === "none" ? "none" : "HS256";
    const text = [{ ...headed, alg }, told].map((one) => Buffer.from(JSON.stringify(one)).toString("base64url")).join(".");
    const secret = first.pair.publicKey.export({ type: "spki", format: "pem" });
    return `${text}.${sign === "none" ? "" : createHmac("sha256", secret).update(text).digest("base64url")}`;
  }
  return new SignJWT(told).setProtectedHeader(headed).sign(key.pair.privateKey);
}

async function answer(request, response) {
  const { pathname, search } = new URL(request.url, issuer);
  const path = pathname.startsWith(REALM) ? pathname.slice(REALM.length) : pathname;
  const lie = lies.replace?.[path];
  if (lie) {
    response.statusCode = lie.status ?? 200;
    response.setHeader("Content-Type", lie.type ?? "application/json");
    if (lie.location) response.setHeader("Location", lie.location);
    return response.end(lie.filler ? " ".repeat(lie.filler) : lie.body ?? "");
  }
  if (pathname === "/control") {
    const told = JSON.parse(await body(request));
    if (told.rotate) rotated = made(`psc-${randomUUID()}`);
    lies = told;
    return response.end("{}");
  }
  if (pathname === "/favicon.ico") return response.writeHead(204).end();
  if (pathname.startsWith("/interaction/")) return interaction(request, response);
  if (pathname.startsWith(`${WALLET}/`)) {
    request.originalUrl = request.url;
    request.url = pathname.slice(WALLET.length) + search;
    return provider.callback()(request, response);
  }
  if (path === "/.well-known/wallet-openid-configuration") {
    const told = JSON.parse(await captured(request, response, "/.well-known/openid-configuration"));
    return send(response, JSON.stringify({ ...told, authorization_endpoint: `${wallet}/auth` }));
  }
  if (path === `${OPENID}/logout`) {
    response.writeHead(302, { Location: `${wallet}${path}${search}` });
    return response.end();
  }
  if (path === `${OPENID}/certs` && rotated) return send(response, JSON.stringify({ keys: [await jwk(rotated, "publicKey")] }));
  if (path === `${OPENID}/token`) {
    const told = JSON.parse(await captured(request, response, path));
    if (told.id_token && (lies.token || rotated)) told.id_token = await forged(told.id_token);
    return send(response, JSON.stringify(told));
  }
  if (path === `${OPENID}/userinfo` && lies.userinfo) {
    return send(response, JSON.stringify({ ...JSON.parse(await captured(request, response, path)), ...lies.userinfo }));
  }
  request.originalUrl = request.url;
  request.url = path + search;
  return provider.callback()(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => { console.error(error); response.statusCode = 500; response.end(); });
});
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  issuer = `http://localhost:${port}${REALM}`;
  wallet = `http://127.0.0.1:${port}${WALLET}`;
  provider = new Provider(issuer, configuration([await jwk(first, "privateKey")]));
  provider.on("server_error", (_ctx, error) => console.error(error));
  console.log(JSON.stringify({
    discovery: `${issuer}/.well-known/wallet-openid-configuration`, control: `http://127.0.0.1:${port}/control`,
    client_id: CLIENT.id, client_secret: CLIENT.secret,
  }));
});
process.stdin.on("end", () => process.exit(0)).resume();
