import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// Consumers#Export: `--merge` of YAML keeps the rest byte for byte.
@Suite struct YAMLMergeTests {
  @Test("Consumers#Export: comments, quoting, anchors and blank lines of everything else stay byte for byte")
  func keepsAllElse() throws {
    let before = """
      version: 1.2.1   # of LibreChat

      x-common: &common
        timeout: 60000

      mcpServers:
        # a program
        files:
          command: npx
          args: ['-y', "files"]

        # ours
        docs:
          <<: *common
          type: sse   # was
          url: 'https://docs.example.com/old'  # where
          customUserVars:
            KEY: {title: Key}
          serverInstructions: |
            # not a comment
            be nice

      # the end
      endpoints:
        custom: []
      """
    let after = """
      version: 1.2.1   # of LibreChat

      x-common: &common
        timeout: 60000

      mcpServers:
        # a program
        files:
          command: npx
          args: ['-y', "files"]

        # ours
        docs:
          <<: *common
          type: streamable-http   # was
          url: https://docs.example.com/mcp  # where
          customUserVars:
            KEY: {title: Key}
          serverInstructions: |
            # not a comment
            be nice
        search:
          type: streamable-http
          url: https://search.example.com/mcp
          headers:
            X-API-Key: "${SEARCH_API_KEY}"
          requiresOAuth: false

      # the end
      endpoints:
        custom: []
      """
    #expect(try ExportWorld().merge(.librechat, only: ["docs", "search"], into: before) == after)
  }

  @Test("Consumers#Export: keys within keys of an entry are replaced, added and removed; the user's own keys stay")
  func nested() throws {
    let before = """
      mcpServers:
          acme-crm:
              url: https://crm.acme.example/mcp
              requiresOAuth: true
              oauth:
                  client_id: "old"   # id
                  mine: 1
                  skip_code_challenge_check: false
                  scope:
                      - odd
                      # within
                      - list
                  token_exchange_method: basic_auth_header
              iconPath: /x.svg
      """
    let after = """
      mcpServers:
          acme-crm:
              url: https://crm.acme.example/mcp
              requiresOAuth: true
              oauth:
                  client_id: client-of-acme-crm   # id
                  mine: 1
                  skip_code_challenge_check: false
                  scope: "read write"
                  token_exchange_method: default_post
                  authorization_url: https://as.acme-crm.example/authorize
                  token_url: https://as.acme-crm.example/token
                  client_secret: "${MCPAUTH_ACME_CRM_CLIENT_SECRET}"
                  redirect_uri: https://chat.acme.example/api/mcp/acme-crm/oauth/callback
                  grant_types_supported:
                      - authorization_code
                      - refresh_token
                  token_endpoint_auth_methods_supported:
                      - client_secret_post
                  revocation_endpoint: https://as.acme-crm.example/revoke
              iconPath: /x.svg
              type: streamable-http
              title: "Acme CRM"
              description: "customers, #1"

      """
    let merged = try ExportWorld().merge(.librechat, only: ["acme-crm"], into: before)
    #expect(merged == after)
    var world = try ExportWorld()
    world.lock.servers["acme-crm"]?.client?.authMethod = .publicClient
    world.lock.servers["acme-crm"]?.client?.scopes = []
    let cleaned = try world.merge(.librechat, only: ["acme-crm"], into: after)
    #expect(!cleaned.contains("client_secret:") && !cleaned.contains("scope:"))
    #expect(cleaned.contains("            mine: 1\n            skip_code_challenge_check: false\n"))
  }

  @Test("Consumers#Export: a second merge changes nothing", arguments: [ExportTarget.librechat, .litellm, .goose])
  func idempotent(target: ExportTarget) throws {
    let world = try ExportWorld()
    let once = try world.merge(target, only: [], into: "mine: true # yes\n")
    #expect(once.hasPrefix("mine: true # yes\n"))
    #expect(try world.merge(target, only: [], into: once) == once)
    #expect(try world.merge(target, only: [], into: "") == world.text(target))
    #expect(once == "mine: true # yes\n" + (try world.text(target)))
  }

  static let docs = "  docs:\n    url: https://docs.example.com/mcp\n    transport: http\n    auth_type: none\n"

  @Test(
    "Consumers#Export: every form of the place where the servers go",
    arguments: [
      ("# only a comment", "# only a comment\nmcp_servers:\n" + docs),
      ("---\n", "---\nmcp_servers:\n" + docs),
      ("a: 1", "a: 1\nmcp_servers:\n" + docs),
      ("mcp_servers:\n", "mcp_servers:\n" + docs),
      ("mcp_servers: # mine\n  # none yet\nb: 2\n", "mcp_servers: # mine\n" + docs + "  # none yet\nb: 2\n"),
      ("mcp_servers: {}  # none\nb: 2\n", "mcp_servers:  # none\n" + docs + "b: 2\n"),
      ("mcp_servers: ~\nb: 2\n", "mcp_servers:\n" + docs + "b: 2\n"),
      (
        "mcp_servers:\n  x: {url: \"https://x.example\"}\n...\n",
        "mcp_servers:\n  x: {url: \"https://x.example\"}\n" + docs + "...\n"
      ),
      ("a: [1,\n2]\n", "a: [1,\n2]\nmcp_servers:\n" + docs),
      ("a: |+\n  text\n\n", "a: |+\n  text\n\nmcp_servers:\n" + docs),
      (
        "mcp_servers:\r\n  x:\r\n    url: a\r\n",
        "mcp_servers:\r\n  x:\r\n    url: a\r\n" + docs.replacing("\n", with: "\r\n")
      ),
      (
        "mcp_servers:\n  docs:\n    url: https://docs.example.com/mcp\n    auth_type: !!str none\n",
        "mcp_servers:\n  docs:\n    url: https://docs.example.com/mcp\n    auth_type: !!str none\n    transport: http\n"
      ),
    ])
  func shapes(before: String, after: String) throws {
    #expect(try ExportWorld().merge(.litellm, only: ["docs"], into: before) == after)
  }

  @Test(
    "Consumers#Export: a file that cannot be edited safely is refused, with the reason",
    arguments: [
      ("- a\n", "it does not hold a mapping"),
      ("{a: 1}\n", "the file is written in braces"),
      ("mcp_servers: {x: {url: a}}\n", "'mcp_servers' is written in braces"),
      ("mcp_servers:\n  docs: {url: \"https://docs.example.com/mcp\"}\n", "'docs' is written in braces"),
      (
        "x: &x\n  docs:\n    url: https://docs.example.com/old\nmcp_servers: *x\n",
        "'mcp_servers' is an alias of a node above"
      ),
      (
        "x: &x\n  mcp_servers:\n    a:\n      url: b\n<<: *x\n",
        "'mcp_servers' comes from a merge key, which others may use too"
      ),
      (
        "mcp_servers:\n  docs: &d\n    url: https://docs.example.com/old\nother: *d\n",
        "'mcp_servers.docs.url' cannot be changed there without changing something else (an anchor, or a merge key)"
      ),
      ("a: 1\na: 2\n", "'a' is defined twice"),
      ("a: !mine 1\n", "the tag '!mine' has no meaning here"),
      ("a: 1\n---\nb: 2\n", "a second document begins here, and an inventory has only one"),
      ("\tmcp_servers: 1\n", ""),
      (
        "mcp_servers:\n  docs:\n    url: https://other.example/\n",
        "the server 'docs' there is not from mcpauth: it has the URL https://other.example/"
      ),
    ])
  func refused(file: String, reason: String) throws {
    let options = ExportOptions(.litellm, only: ["docs"], existing: Array(file.utf8), existingFile: "config.yaml")
    let refusal = try ExportWorld().refusal(options)
    #expect(refusal?.code == .unsafeMerge)
    #expect(refusal?.message.hasSuffix(reason) == true, "\(refusal?.message ?? "")")
  }
}
