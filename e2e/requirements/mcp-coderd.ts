/** MCP servers in coderd. */
export const mcpServers = {
  "mcp.roles": {
    text: "Owners administer MCP servers, everybody reads them and logs in for themselves, and only gateways get tokens.",
    source: "issue 4, 1",
  },
  "mcp.servers.shown": {
    text: "An MCP server is shown to everybody, without the values of its headers and the client's secret.",
    source: "issue 4, 1",
  },
  "mcp.servers.sealed": {
    text: "Headers and the client's secret of an MCP server are encrypted at rest, bound to that server.",
    source: "issue 4, 1",
  },
  "mcp.servers.change": {
    text: "An update of an MCP server changes what it names; a deleted server is gone.",
    source: "issue 4, 1",
  },
  "mcp.servers.unique": {
    text: "An MCP server's id is unique, and at most one is Coder's own.",
    source: "issue 4, 1",
  },
  "mcp.servers.valid": {
    text: "An MCP server with an id, URL, header, scope or client that can't be right is invalid_argument.",
    source: "issue 4, 1",
  },
  "mcp.servers.patterns": {
    text: "A pattern for tools that is not RE2 is refused when it is set.",
    source: "issue 4, 1",
  },
  "mcp.servers.moved": {
    text: "An MCP server that moves to another origin, or is deleted, has no logins left.",
    source: "issue 4, 1",
  },
  "mcp.store.same": {
    text: "MCP servers and logins pass one contract suite on Postgres and on the embedded store.",
    source: "issue 4, 1",
  },
  "mcp.store.sealed": {
    text: "No token, code, verifier, state, header or secret for an MCP server is in the bytes of the database.",
    source: "issue 4, 1",
  },
  "mcp.config.answer": {
    text: "Gateways get the enabled MCP servers with their headers, Coder's own apart; one whose headers can't be decrypted takes nothing from the others.",
    source: "wire.md 8",
  },
  "mcp.cli.servers": {
    text: "`aibridge mcp servers` creates, lists, shows, changes and deletes MCP servers, and takes secrets by no argument.",
    source: "issue 4, 1",
  },
} as const;

/** Logins at MCP servers, and the tokens that come of them. */
export const mcpLogins = {
  "mcp.login.flow": {
    text: "A user logs in by the authorization code grant with PKCE (S256) and a resource indicator, and gateways get that user's token.",
    source: "issue 4, 1",
  },
  "mcp.login.discovery": {
    text: "The authorization server is found from the 401 or the well-known metadata of the MCP server, and its metadata by RFC 8414, else by OpenID Connect.",
    source: "RFC 9728 and RFC 8414",
  },
  "mcp.login.registers": {
    text: "Where no client is configured, one registers itself.",
    source: "RFC 7591",
  },
  "mcp.login.configured-client": {
    text: "A configured client is used as it is, with its secret.",
    source: "issue 4, 1",
  },
  "mcp.login.bound": {
    text: "A login is completed by the user who began it, once, and within 10 minutes.",
    source: "issue 4, 1",
  },
  "mcp.login.issuer": {
    text: "An answer that names another issuer, or none where one is promised, is not traded for tokens.",
    source: "RFC 9207",
  },
  "mcp.login.refused": {
    text: "A login that the user or the authorization server refuses is failed_precondition, with the reason.",
    source: "issue 4, 1",
  },
  "mcp.login.needs-oauth": {
    text: "An MCP server without OAuth takes no login.",
    source: "issue 4, 1",
  },
  "mcp.login.redirect-uri": {
    text: "A redirect URI is on https or a loopback address.",
    source: "RFC 8252",
  },
  "mcp.login.unplayable": {
    text: "An authorization server that can't be reached or does not play along is unavailable, with why.",
    source: "issue 4, 1",
  },
  "mcp.oauth.reach": {
    text: "No metadata makes coderd call an address that is nearer to it than the MCP server is, nor a link-local one.",
    source: "issue 4, 1",
  },
  "mcp.oauth.https": {
    text: "Everything but loopback is called by https, unless the MCP server itself was configured with http.",
    source: "issue 4, 1",
  },
  "mcp.oauth.bounded": {
    text: "Calls to authorization servers follow no redirect, end in time, and read a bounded answer.",
    source: "product.md, promise 8",
  },
  "mcp.tokens.refresh": {
    text: "A token within a minute of its end is refreshed, also by refresh tokens that rotate.",
    source: "issue 4, 1",
  },
  "mcp.tokens.never-expires": {
    text: "A token whose end is not known is given as it is.",
    source: "issue 4, 1",
  },
  "mcp.tokens.once": {
    text: "However many gateways ask however many coderds at once, a refresh token is used once.",
    source: "issue 4, 1",
  },
  "mcp.tokens.batch": {
    text: "In a batch tokens are refreshed in parallel within 3 s, and one that can't be had takes nothing from the others.",
    source: "issue 4, 1",
  },
  "mcp.tokens.last-seconds": {
    text: "A token that can't be refreshed is given until it expires.",
    source: "issue 4, 1",
  },
  "mcp.tokens.invalid-grant": {
    text: "A refresh token that the authorization server does not accept any more ends the login.",
    source: "issue 4, 1",
  },
  "mcp.tokens.users": {
    text: "No token of a user is given while the user is suspended or deleted.",
    source: "issue 4, 1",
  },
  "mcp.tokens.others": {
    text: "A server that is unknown, disabled or takes no token is an entry of errors.",
    source: "issue 4, 1",
  },
  "mcp.logout": {
    text: "A logout forgets the tokens, whatever the authorization server does, and revokes them where it can.",
    source: "RFC 7009",
  },
  "mcp.cli.login": {
    text: "`aibridge mcp login` waits on loopback for the browser, turns others away, and gives up in time.",
    source: "issue 4, 1",
  },
} as const;
