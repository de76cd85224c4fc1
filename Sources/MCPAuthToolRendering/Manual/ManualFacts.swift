/// What the manual page says of all commands together.
enum ManualFacts {
  typealias Fact = (name: String, meaning: String)

  static let description = [
    """
    Reads an inventory of MCP servers, works out which ones carry a client of their own and which need discovery (RFC 9728, \
    RFC 8414), registers clients (RFC 7591) only for new and changed entries, and writes a lock file without secrets, to be \
    committed. The generated secrets are kept apart.
    """,
    """
    Results go to standard output, all else to standard error. Where standard input is no terminal, nothing is asked.
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
    ("servers.lock.json", "The lock file, beside the inventory: who is registered where, as which client. Commit it."),
    ("servers.secrets/", "The secret records of the age store, encrypted. Commit them."),
    (
      ".mcpauth/servers/secrets/",
      "The secret records of the directory store, for their owner alone. Never commit them."
    ),
    (
      ".mcpauth/servers/journal.jsonl",
      "What a run that was broken off had begun. Emptied when the lock file is written; the next run goes on from it."
    ),
    (".mcpauth/servers/run.lock", "Held while a run writes."),
  ]

  static let environment: [Fact] = [
    ("MCPAUTH_AGE_KEY", "An age identity (AGE-SECRET-KEY-1...), for reading secrets of the age store."),
    ("MCPAUTH_AGE_KEY_FILE", "A file with identities, one a line."),
    ("MCPAUTH_VAR_NAME", "The value of ${NAME} in the inventory; --var NAME=VALUE goes before it."),
    (
      "MCPAUTH_STORE_PROGRAMS",
      "Programs that an inventory's secret store may run, as docker-credential-pass; comma-separated."
    ),
    (
      "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
      "Proxies, and hosts that are asked without one; the lower case forms come first."
    ),
    ("SSL_CERT_FILE", "A file of certificate authorities that are believed besides the system's."),
    (
      "CI",
      "With it, an inventory whose secrets would be lost with the work tree is refused before the first registration."
    ),
    ("GITHUB_ACTIONS", "true: a secret that is printed on request is masked in the job's log first."),
    (
      "GITHUB_STEP_SUMMARY, GITHUB_OUTPUT",
      "With --format github: where the summary, and has_changes and the counts, go."
    ),
    ("NO_COLOR, TERM", "No colours with NO_COLOR set, or a dumb terminal, unless --color always."),
    ("COLUMNS", "The width to wrap to, where the terminal does not say."),
  ]

  static let standards = """
    MCP authorization 2025-03-26 to 2026-07-28; RFC 9728, RFC 8414, OpenID Connect Discovery 1.0, RFC 7591, RFC 7592, \
    RFC 8707; age-encryption.org/v1.
    """
}
