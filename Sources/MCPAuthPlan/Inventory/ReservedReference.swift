/// Variables and files that a reference to a secret must not use (InventoryReference#Secret-references). Otherwise, a pull request that changes
/// only the inventory could send secrets of a CI job, or of mcpauth, to any server.
package enum ReservedReference {
  /// Who gets the secret.
  package enum Use: Sendable {
    /// A server that the inventory names.
    case server
    /// The secret store, at an address that the environment allows (SecretStores#KV2). It may have the credentials that are meant for it.
    case store
  }

  /// - Returns: why `{env: NAME}` is refused, as the text after "the value of NAME: "; nil when it is allowed.
  package static func problem(ofVariable name: String, for use: Use = .server) -> String? {
    let name = name.uppercased()
    guard let found = variables.first(where: { matches(name, $0.pattern) }) else { return nil }
    if use == .store, ofStores.contains(found.pattern) { return nil }
    return "\(found.pattern) is reserved for \(found.owner)"
  }

  /// - Parameter path: as written, or resolved.
  /// - Returns: why `{file: PATH}` is refused; nil when it is allowed. Links are not followed here: call again with the path that a link names.
  package static func problem(ofFile path: String, for use: Use = .server) -> String? {
    // For the system each slash ends a name. Here a slash may be part of the same Character as a combining mark after it.
    guard path.utf8.count(where: { $0 == UInt8(ascii: "/") }) == path.count(where: { $0 == "/" }) else {
      return "a slash in it is joined with another character"
    }
    var resolved: [String] = []
    for component in path.split(separator: "/") where component != "." {
      let name = component.lowercased()
      if let found = names.first(where: { $0.name == name }), use == .server || !ofStores.contains(found.name) {
        return "\(found.name) holds \(found.content)"
      }
      if component == "..", let last = resolved.last, last != ".." {
        resolved.removeLast()
      } else if component != ".." || !path.hasPrefix("/") {
        resolved.append(String(component))
      }
    }
    guard path.hasPrefix("/") else { return nil }
    let whole = "/" + resolved.joined(separator: "/")
    return folders.first { whole == $0.path || whole.hasPrefix($0.path + "/") }.flatMap { found in
      use == .store && ofStores.contains(found.path) ? nil : "\(found.path) holds \(found.content)"
    }
  }

  /// The variables, files and folders that have credentials for a secret store.
  private static let ofStores: Set = [
    "VAULT_*", "BAO_*", ".vault-token", "/run/secrets/kubernetes.io", "/var/run/secrets/kubernetes.io",
  ]

  private static func matches(_ name: String, _ pattern: String) -> Bool {
    if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
    if pattern.hasPrefix("*") { return name.hasSuffix(pattern.dropFirst()) }
    return name == pattern
  }

  /// In upper case: names of variables are compared without regard to case.
  private static let variables: [(pattern: String, owner: String)] = [
    ("MCPAUTH_*", "mcpauth: the age identity is one of them"),
    // CI systems: tokens of the job, and variables that pass secrets to it.
    ("CI", "CI jobs"), ("CI_*", "GitLab CI/CD and other CI systems"),
    ("GITHUB_*", "GitHub Actions and the GitHub CLI"), ("GH_*", "the GitHub CLI"),
    ("ACTIONS_*", "GitHub Actions"), ("RUNNER_*", "runners of GitHub and GitLab"),
    ("GITLAB_*", "GitLab and its CLI"), ("GL_*", "GitLab's release tools"),
    ("GITEA_*", "Gitea Actions"), ("FORGEJO_*", "Forgejo Actions"),
    ("BITBUCKET_*", "Bitbucket Pipelines"), ("SYSTEM_*", "Azure Pipelines"), ("JENKINS_*", "Jenkins"),
    ("CIRCLE_*", "CircleCI"), ("TRAVIS_*", "Travis CI"), ("BUILDKITE_*", "Buildkite"), ("DRONE_*", "Drone"),
    ("TEAMCITY_*", "TeamCity"), ("RENOVATE_*", "Renovate"), ("SONAR_*", "SonarQube"), ("CODECOV_*", "Codecov"),
    ("SNYK_*", "Snyk"), ("APPVEYOR*", "AppVeyor"), ("BUILD_*", "Azure Pipelines and Jenkins"),
    ("VSTS_*", "Azure Pipelines"),
    // Clouds: access keys, and tokens of the job's identity.
    ("AWS_*", "Amazon Web Services"), ("AZURE_*", "Microsoft Azure"), ("ARM_*", "Terraform's Azure provider"),
    ("GOOGLE_*", "Google Cloud"), ("GCLOUD_*", "Google Cloud"), ("GCP_*", "Google Cloud"),
    ("CLOUDSDK_*", "the Google Cloud CLI"), ("DIGITALOCEAN_*", "DigitalOcean"), ("HCLOUD_*", "Hetzner Cloud"),
    ("CLOUDFLARE_*", "Cloudflare's deployments"), ("VERCEL_*", "Vercel"), ("NETLIFY_*", "Netlify"),
    ("HEROKU_*", "Heroku"), ("FLY_*", "Fly.io"), ("OCI_*", "Oracle Cloud"), ("ALICLOUD_*", "Alibaba Cloud"),
    ("IBMCLOUD_*", "IBM Cloud"), ("ALIBABA_*", "Alibaba Cloud"), ("ALIYUN_*", "Alibaba Cloud"),
    ("TENCENTCLOUD_*", "Tencent Cloud"), ("SCW_*", "Scaleway"), ("LINODE_*", "Linode"),
    ("CF_*", "Cloudflare and Cloud Foundry"), ("FIREBASE_*", "Firebase"),
    ("MSI_*", "managed identities of Microsoft Azure"), ("IDENTITY_*", "managed identities of Microsoft Azure"),
    // Package and image registries: credentials for publishing.
    ("NPM_*", "npm"), ("NODE_AUTH_TOKEN", "npm"), ("YARN_*", "Yarn"), ("PYPI_*", "PyPI"), ("TWINE_*", "PyPI"),
    ("POETRY_*", "Poetry"), ("PIP_*", "pip"), ("UV_*", "uv"), ("CARGO_*", "Cargo"), ("GEM_*", "RubyGems"),
    ("RUBYGEMS_*", "RubyGems"), ("NUGET_*", "NuGet"), ("MAVEN_*", "Maven"), ("GRADLE_*", "Gradle"),
    ("ORG_GRADLE_*", "Gradle"), ("OSSRH_*", "Maven Central"), ("SONATYPE_*", "Maven Central"),
    ("ARTIFACTORY_*", "Artifactory"), ("JFROG_*", "Artifactory"), ("DOCKER_*", "Docker"),
    ("DOCKERHUB_*", "Docker Hub"), ("GHCR_*", "GitHub's image registry"), ("GCR_*", "Google's image registry"),
    ("ECR_*", "Amazon's image registry"), ("ACR_*", "Microsoft's image registry"),
    ("REGISTRY_*", "image registries"), ("QUAY_*", "Quay"), ("HARBOR_*", "Harbor"),
    ("CR_PAT", "GitHub's image registry"), ("CODEARTIFACT_*", "AWS CodeArtifact"), ("HF_*", "Hugging Face"),
    ("COSIGN_*", "Sigstore"), ("SIGSTORE_*", "Sigstore"),
    // Keys, secret stores and deployments.
    ("SSH_*", "SSH"), ("GPG_*", "GnuPG"), ("GIT_*", "git, which takes credentials in them"),
    ("VAULT_*", "Vault"), ("BAO_*", "OpenBao"), ("SOPS_*", "SOPS"), ("OP_*", "1Password"), ("BW_*", "Bitwarden"),
    ("BWS_*", "Bitwarden"), ("DOPPLER_*", "Doppler"), ("KUBE*", "Kubernetes"), ("HELM_*", "Helm"),
    ("TF_*", "Terraform"), ("TFE_*", "Terraform"), ("PULUMI_*", "Pulumi"), ("ANSIBLE_*", "Ansible"),
    ("CONSUL_*", "Consul"), ("NOMAD_*", "Nomad"),
    // Databases and proxies, whose URLs contain passwords.
    ("DATABASE_URL", "databases"), ("REDIS_URL", "databases"), ("PGPASSWORD", "PostgreSQL"),
    ("MYSQL_*", "MySQL"), ("POSTGRES_*", "PostgreSQL"), ("*_PROXY", "proxies"),
  ]

  /// Absolute paths of folders. The entry includes everything below the folder.
  private static let folders: [(path: String, content: String)] = [
    ("/proc", "the environment and memory of processes"), ("/sys", "the kernel's settings"),
    ("/dev", "devices, and the files that other processes have open"),
    ("/run/secrets/kubernetes.io", "the token of the pod"), ("/var/run/secrets/kubernetes.io", "the token of the pod"),
    ("/run/secrets/eks.amazonaws.com", "the token of the pod"),
    ("/var/run/secrets/eks.amazonaws.com", "the token of the pod"),
  ]

  /// Names of files and folders at any place in a path, in lower case.
  private static let names: [(name: String, content: String)] = [
    (".git", "the credentials of the checkout"), (".git-credentials", "credentials of git"),
    (".mcpauth", "the secrets of the registered clients"), (".ssh", "SSH keys"), (".gnupg", "GnuPG keys"),
    (".aws", "credentials of Amazon Web Services"), (".azure", "credentials of Microsoft Azure"),
    ("gcloud", "credentials of Google Cloud"), (".kube", "credentials of Kubernetes"),
    (".docker", "credentials of registries"), (".netrc", "passwords"), (".npmrc", "the token of npm"),
    (".pypirc", "the token of PyPI"), (".vault-token", "the token of Vault"),
  ]
}
