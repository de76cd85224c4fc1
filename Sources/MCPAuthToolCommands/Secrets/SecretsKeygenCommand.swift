import AgeFormat
import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput

struct SecretsKeygenCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Prints a new age identity, and its recipient.",
    discussion: """
      Write the recipient (age1…) into the inventory: secrets: {store: age, recipients: [age1…]}. Keep the identity (AGE-SECRET-KEY-1…) where
      secrets are used, as MCPAUTH_AGE_KEY or in a file that MCPAUTH_AGE_KEY_FILE names. Both have age's own format.

      example: (umask 077 && mcpauth secrets keygen > key.txt)
      """)

  func run(in context: ToolContext) async -> ToolExit {
    do throws(AgeProblem) {
      let identity = try AgeIdentity.generate()
      context.maskInLog([Secret(identity.open())])
      context.output.verbatim(AgeIdentityFile.text(of: identity))
      context.output.text("recipient: \(identity.recipient)\n", to: .error)
      return .done
    } catch {
      context.output.text("error[store-failed]: no key could be made: \(error.message)\n", to: .error)
      return .failed
    }
  }
}
