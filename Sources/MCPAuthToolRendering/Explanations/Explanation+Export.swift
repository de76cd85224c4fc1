extension Explanation {
  static let export: [Explanation] = [
    Explanation(
      "export-name-collision", "two servers would have one name in the export",
      """
      A variable is MCPAUTH_<NAME>_CLIENT_SECRET with everything but letters and digits as '_', a Kubernetes Secret has '-' for '_', and some
      programs take no '.', '-' or '_' in a server's name. Here two servers would get the same name, and one would take the place of the other.
      """,
      help: ["rename one of them; moved_from keeps its client", "export them apart, with --only NAME"]),
    Explanation(
      "consumer-cannot-sign-in", "a program cannot sign in with the client",
      """
      The program sends another redirect URI than those of the client, another token endpoint auth method, cannot hold its secret, or does not speak
      the server's transport. What is known of each program is in one table, with its sources.
      """,
      help: [
        "name the program under client.consumers: then a client that suits it is registered",
        "or change what the message names",
      ]),
    Explanation(
      "unsafe-merge", "the file cannot be updated without harm",
      """
      With --merge only the keys that are mcpauth's change. Here that cannot be done: the file is not valid, a key that is needed is no object, a
      server of that name is not ours, or it is written in a form that cannot be changed in place. Nothing was written.
      """,
      help: ["mend what the message names", "export to a file of its own, with --output, and take over what you need"]),
    Explanation(
      "output-failed", "the export could not be written",
      """
      The file cannot be created or replaced, is a link, or was changed by somebody while it was being updated. It is written whole or not at
      all, and with secrets in it readable by you alone.
      """,
      help: ["name the file that a link leads to", "run it again"]),
    Explanation(
      "not-applied", "the inventory is ahead of the lock file",
      """
      This server was never applied, or its block has changed since. An export leaves it out, or writes what is locked; verify skips it; status
      shows it.
      """,
      help: ["apply first: mcpauth apply"]),
    Explanation(
      "export-incomplete", "the target cannot hold all of it",
      """
      What its format has no place for is named, and left out: scopes, a resource, a header, a transport, a secret. Nothing is dropped without
      a word.
      """,
      help: [
        "set what is missing by hand, where the target has a way",
        "for secrets: --secrets inline, or --secrets reference",
      ]),
    Explanation(
      "export-unverified", "whether the target takes it as it is meant is not certain",
      """
      Its readers do not agree on something (how a value in a dotenv file is quoted), it replaces something within values, or a detail of it is not
      documented. What is written is right by its documentation.
      """,
      help: ["look at the place that is named before you rely on it"]),
  ]
}
