import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct VerifyCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Asks whether the stored credentials still work.",
    usage: "mcpauth verify [<file> ...] [<options>]",
    discussion: """
      Sends each token endpoint an authorization code that cannot be right: a server that knows the client refuses the code, one that does not refuses the \
      client. Nothing is issued, nothing is written, no lock is taken. Credentials go to the locked token endpoint and nowhere else.

      Ends with 1 when a client is dead, or could not be asked because of something here: a secret that is missing, does not fit the lock, \
      or cannot be read (an age store needs its identity), an address that is not allowed. What a server does not tell (429, a page, no answer) \
      is a warning, and fails only with --strict. Servers without a client, disabled ones, and those that were not applied yet are skipped. \
      With --redirect-uris the authorization endpoint is asked as well, and no redirect followed: some servers register a redirect URI and \
      refuse it there.

      example: mcpauth verify --only linear --redirect-uris
      """)

  @OptionGroup var inventories: InventoryArguments

  @OptionGroup var only: OnlyOption

  @Flag(name: .customLong("redirect-uris"), help: "Ask whether each client's redirect URIs are accepted, too.")
  var redirectURIs = false

  @Flag(help: "Exit with 1 also when a server does not tell.")
  var strict = false

  @OptionGroup var parallelism: ParallelismOption
  @OptionGroup var timeout: TimeoutOption
  @OptionGroup var common: CommonOptions

  var variables: VariableOptions { inventories.variables }

  func run(in context: ToolContext) async -> ToolExit {
    await inventories.each(only: only.only, in: context) { areSeveral in
      common.report(in: context, areSeveral: areSeveral)
    } work: { file, only, report in
      var options = VerifyOptions()
      options.only = Set(only)
      options.timeout = timeout.seconds
      options.checksRedirectURIs = redirectURIs
      let settings = RunSettings(parallelism: parallelism.parallelism)
      return await InventorySession.within(file, settings, only: only, report, context) {
        [options] session throws(RunFailure) in
        let verified = try await session.verify(options)
        report.presented(VerifyPage(report: verified, isStrict: strict))
        return verified.hasFailed(strictly: strict) ? .failed : .done
      }
    }
  }
}
