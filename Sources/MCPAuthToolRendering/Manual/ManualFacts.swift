/// The parts of the manual page that belong to all commands.
enum ManualFacts {
  typealias Fact = (name: String, meaning: String)

  static let description = [
    """
    Reads an inventory of MCP servers. It finds out which servers have a client of their own and which need discovery (RFC 9728, \
    RFC 8414), registers clients (RFC 7591) only for new and changed entries, and writes a lock file without secrets, to be \
    committed. The generated secrets are in a separate store.
    """,
    """
    Results go to standard output, everything else to standard error. If standard input is not a terminal, it asks nothing.
    """,
  ]

  static let exitCodes: [Fact] = [
    ("0", "Done, or nothing to do."),
    ("1", "A server failed or is blocked, or the run failed."),
    ("2", "plan --detailed-exitcode: there are changes, and nothing failed."),
    ("3", "The inventory is invalid."),
    ("4", "Another run holds the lock."),
    ("64", "Wrong usage."),
  ]

  static let files: [Fact] = [
    ("servers.yaml", "The inventory. In the names below, servers is its name without the ending."),
    ("servers.lock.json", "The lock file, next to the inventory: which client belongs to which server. Commit it."),
    ("servers.secrets/", "The secret records of the age store, encrypted. Commit them."),
    (
      ".mcpauth/servers/secrets/",
      "The secret records of the directory store, readable by their owner only. Never commit them."
    ),
    (
      ".mcpauth/servers/journal.jsonl",
      "The journal: what an interrupted run had begun. The next run continues from it. It is emptied when the lock file is written."
    ),
    (".mcpauth/servers/run.lock", "Held while a run writes."),
  ]

  static let environment: [Fact] = [
    ("MCPAUTH_AGE_KEY", "An age identity (AGE-SECRET-KEY-1...), for reading secrets of the age store."),
    ("MCPAUTH_AGE_KEY_FILE", "A file with identities, one per line."),
    ("MCPAUTH_VAR_NAME", "The value of ${NAME} in the inventory; --var NAME=VALUE takes precedence."),
    (
      "MCPAUTH_STORE_PROGRAMS",
      "Programs that an inventory's secret store may run, such as docker-credential-pass; comma-separated."
    ),
    (
      "MCPAUTH_STORE_ADDRESSES",
      "Addresses of a kv2 store, or of etcd, to which the credential may be sent, such as https://bao.example.com:8200; comma-separated."
    ),
    (
      "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
      "Proxies, and hosts that are reached without one. The lower case names take precedence."
    ),
    ("SSL_CERT_FILE", "A file of certificate authorities that are trusted besides those of the system."),
    (
      "CI",
      "With it, an inventory whose secrets would be lost with the work tree is refused before the first registration."
    ),
    ("GITHUB_ACTIONS", "true: a secret that is printed on request is masked in the job's log first."),
    (
      "GITHUB_STEP_SUMMARY, GITHUB_OUTPUT",
      "With --format github: the files for the summary, and for has_changes and the counts."
    ),
    ("NO_COLOR, TERM", "No colours with NO_COLOR set or on a dumb terminal, unless --color always is given."),
    ("COLUMNS", "The width of lines, if the terminal does not report it."),
  ]

  static let standards = """
    MCP authorization 2025-03-26 to 2026-07-28; RFC 9728, RFC 8414, OpenID Connect Discovery 1.0, RFC 7591, RFC 7592, \
    RFC 8707; age-encryption.org/v1.
    """
}
