import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct ReservedReferenceTests {
  /// One name for each form of pattern, and each group of the table.
  static let variables = [
    "MCPAUTH_AGE_KEY", "MCPAUTH_VAR_X", "CI", "CI_JOB_TOKEN", "GITHUB_TOKEN", "github_token", "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "RUNNER_TEMP", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_SECRET",
    "GOOGLE_APPLICATION_CREDENTIALS", "GCLOUD_KEY", "SSH_PRIVATE_KEY", "NPM_TOKEN", "NODE_AUTH_TOKEN", "PYPI_TOKEN",
    "TWINE_PASSWORD", "DOCKER_PASSWORD", "DOCKERHUB_TOKEN", "GHCR_PAT", "VAULT_TOKEN", "BAO_TOKEN", "KUBECONFIG",
    "KUBE_TOKEN", "TF_VAR_key",
    "GIT_CONFIG_VALUE_0", "DATABASE_URL", "HTTPS_PROXY", "https_proxy", "SYSTEM_ACCESSTOKEN", "GL_TOKEN",
    "APPVEYOR_API_KEY", "MSI_SECRET", "IDENTITY_HEADER", "FIREBASE_TOKEN", "CF_API_TOKEN", "SCW_SECRET_KEY",
    "LINODE_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIYUN_ACCESS_KEY_SECRET", "TENCENTCLOUD_SECRET_KEY",
    "CODEARTIFACT_AUTH_TOKEN", "HARBOR_PASSWORD", "HF_TOKEN", "CR_PAT", "BUILD_TOKEN", "VSTS_PUBLIC_TOKEN",
  ]
  static let files = [
    "/proc/self/environ", "/sys/kernel/x", "/dev/stdin", "/dev/fd/3", "//proc//1/environ", "/./proc/self/environ",
    "/etc/../proc/self/environ", "/../proc/self/environ", "/proc", ".git/config", "sub/.git/config", ".GIT/config",
    "../.git/hooks/../config", "/proc/\u{301}/../self/environ", "\u{D4E}/.git/\u{301}", "sub/../.git",
    ".mcpauth/servers/secrets/a.b.json", "/root/.ssh/id_ed25519",
    "/run/secrets/kubernetes.io/serviceaccount/token", "/home/runner/.docker/config.json",
  ]

  @Test(
    "InventoryReference#Secret-references: a reference to a variable that a CI job or mcpauth uses for its own secrets is refused at its place",
    arguments: variables)
  func variable(_ name: String) throws {
    let text =
      "version: 1\nservers:\n  github:\n    url: https://a.example.com\n    auth: api_key\n    api_key: {header: X-K, value: {env: \(name)}}\n"
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.referenceRefused])
    #expect(marked(found.first, in: text) == name)
    #expect(found.first?.message.contains(name) == true)
    let help = try #require(found.first?.help.first)
    let proposed = try #require(help.split(separator: "{env: ").last?.dropLast())
    #expect(ReservedReference.problem(ofVariable: String(proposed)) == nil, "the way out works")
  }

  @Test(
    "InventoryReference#Secret-references: a reference to a file whose content is not meant for a server is refused",
    arguments: files)
  func file(_ path: String) {
    let text = server("registration: preregistered\nclient_id: a\nclient_secret: {file: \(path)}")
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.referenceRefused])
    #expect(marked(found.first, in: text) == path)
  }

  @Test("InventoryReference#Secret-references: refused in each field that accepts a reference")
  func fields() {
    let found = diagnostics(
      """
      version: 1
      client: {name: A, redirect_uris: ["https://a.example.com/cb"]}
      servers:
        a:
          url: https://a.example.com
          oauth2:
            issuer: https://a.example.com
            initial_access_token: {env: MCPAUTH_AGE_KEY}
            software_statement: {file: /proc/self/environ}
        b:
          url: https://b.example.com
          auth: custom_headers
          custom_headers: {Authorization: {env: GITHUB_TOKEN}, X-Tenant: {env: AWS_SESSION_TOKEN}}
        c:
          url: https://c.example.com
          enabled: false
          oauth2: {registration: preregistered, client_id: a, client_secret: {env: CI_JOB_TOKEN}}
      """)
    #expect(
      found.map(shown) == [
        "8:35 reference-refused", "9:34 reference-refused", "13:43 reference-refused", "13:74 reference-refused",
        "17:78 reference-refused",
      ])
  }

  @Test(
    "InventoryReference#Secret-references: other names and files are accepted",
    arguments: [
      "{env: MCP_GITHUB_CLIENT_SECRET}", "{env: CICERO_KEY}", "{env: SEARCH_API_KEY}", "{env: GITHUBX}", "{env: TFX}",
      "{env: CR_PATH}", "{env: CFG_KEY}", "{env: BUILDER_KEY}",
      "{file: /run/secrets/legacy}", "{file: git/config}", "{file: proc/self}", "{file: ../dev/secret}",
      "{file: .github/x}", "{file: /srv/proc/x}", "{stored: github}",
    ])
  func others(_ reference: String) {
    #expect(diagnostics(server("registration: preregistered\nclient_id: a\nclient_secret: \(reference)")).isEmpty)
  }
}
