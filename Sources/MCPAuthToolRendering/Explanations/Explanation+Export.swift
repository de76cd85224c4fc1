extension Explanation {
  static let export: [Explanation] = [
    Explanation(
      "export-name-collision", "two servers would have the same name in the export",
      """
      A variable is MCPAUTH_<NAME>_CLIENT_SECRET with '_' for everything but letters and digits, a Kubernetes Secret has '-' for '_', and some
      programs do not accept '.', '-' or '_' in the name of a server. Here two servers would have the same name, and one would replace the other.
      """,
      help: ["rename one of them; moved_from keeps its client", "export them separately, with --only NAME"]),
    Explanation(
      "consumer-cannot-sign-in", "a program cannot sign in with the client",
      """
      The program sends a redirect URI or a token endpoint auth method that the client does not have, or it does not have the server's
      transport. The table in Consumers#Sign-in has what is known about each program, with sources.
      """,
      help: [
        "name the program under client.consumers: then a client is registered that it can use",
        "or change what the message names",
      ]),
    Explanation(
      "unsafe-merge", "the file cannot be updated safely",
      """
      With --merge, only the keys of the export change, and mcpauth add changes only the list of servers. That is not possible here: the file is not
      valid, a necessary key is not an object, a server of that name is not from mcpauth, or its form cannot be changed in place. Nothing was
      written.
      """,
      help: [
        "correct what the message names", "export to a new file with --output, and copy what you need",
        "write the new server by hand",
      ]),
    Explanation(
      "export-unsafe", "the consumer would replace a part of a value",
      """
      Some consumers replace parts of the values in their configuration, as ${NAME} by a variable or {file:PATH} by a file. The server chooses
      the client id, the scopes and the endpoints: with such a text it could make a consumer read files and variables of its user and send them. The
      server is left out, the others are written, and the exit code is 1.
      """,
      help: ["for a secret: --secrets reference", "look at the value that is named: mcpauth state show"]),
    Explanation(
      "output-failed", "a file could not be written",
      """
      An export, or a file of mcpauth init or add, cannot be created or replaced, is a link, or was changed while it was being updated. It is written
      whole or not at all, and with mode 0600 if it has secrets.
      """,
      help: ["give the path of the file, not of the link", "run it again"]),
    Explanation(
      "not-applied", "the inventory was not applied yet",
      """
      This server was never applied, or its block has changed since. An export leaves it out, or uses the lock file; verify skips it; status
      shows it.
      """,
      help: ["apply first: mcpauth apply"]),
    Explanation(
      "export-incomplete", "the target cannot hold everything",
      """
      The message names the fields for which the target has no key: scopes, a resource, a header, a transport, a secret. They are left out.
      """,
      help: [
        "set what is missing in the target itself, if it can",
        "for secrets: --secrets inline, or --secrets reference",
      ]),
    Explanation(
      "export-unverified", "it is not certain that the target reads this correctly",
      """
      The readers of the format do not agree, for example on quotes in a dotenv file, or the target does not document a detail. The export is
      correct as far as it is documented.
      """,
      help: ["check the place that is named before you rely on it"]),
  ]
}
