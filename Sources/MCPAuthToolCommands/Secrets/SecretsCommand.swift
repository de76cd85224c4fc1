import ArgumentParser

struct SecretsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secrets", abstract: "Reads and changes the secret store.",
    discussion: """
      The inventory names the store: secrets: {store: directory | age | helper | exec | kv2 | etcd}. A record belongs to a server's registration. \
      A stored secret is a value of yours, for {stored: KEY} in the inventory.

      example: mcpauth secrets check
      """,
    subcommands: [
      SecretsListCommand.self, SecretsGetCommand.self, SecretsSetCommand.self, SecretsRemoveCommand.self,
      SecretsCheckCommand.self, SecretsRekeyCommand.self, SecretsMoveCommand.self, SecretsPruneCommand.self,
      SecretsKeygenCommand.self,
    ])
}
