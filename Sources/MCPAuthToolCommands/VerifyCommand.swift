import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct VerifyCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks that the stored credentials still work.",
    usage: "mcpauth verify [<file> ...] [<options>]",
    discussion: """
      Sends an invalid authorization code to each token endpoint. A server that knows the client refuses the code; one that does not know it \
      refuses the client. Nothing is issued or written, and no lock is taken. Credentials are sent only to the token endpoint in the lock file.

      The exit code is 1 when a client is dead, when its secret has expired, or when it could not be checked because of a problem on this machine: a \
      secret that is missing, does not match the lock file, or cannot be read, or an address that is not allowed. An answer that tells \
      nothing (429, a page, no answer) is a warning, and an error only with --strict. Servers without a client, disabled servers, and servers \
      that were not applied yet are skipped. --redirect-uris also asks the authorization endpoint.

      example: mcpauth verify --only linear --redirect-uris
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions

  @OptionGroup var only: OnlyOption

  @Flag(name: .customLong("redirect-uris"), help: "Also check that each client's redirect URIs are accepted.")
  var redirectURIs = false

  @Flag(help: "Also exit with 1 when an answer tells nothing.")
  var strict = false

  @OptionGroup var parallelism: ParallelismOption
  @OptionGroup var timeout: TimeoutOption
  @OptionGroup var common: PageReportOptions

  func run(in context: ToolContext) async -> ToolExit {
    await inventories.each(only: only.only, in: context) { areSeveral in
      common.report(in: context, command: "verify", areSeveral: areSeveral)
    } work: { file, only, report in
      var options = VerifyOptions()
      options.only = Set(only)
      options.timeout = timeout.seconds
      options.checksRedirectURIs = redirectURIs
      let settings = RunSettings(parallelism: parallelism.parallelism)
      return await InventorySession.within(file, settings, only: only, report, context) {
        [options] session throws(RunFailure) in
        let verified = try await session.run { run throws(Diagnostic) in
          try await run.verifier().verify(options)
        }
        report.presented(VerifyPage(report: verified, isStrict: strict))
        return verified.hasFailed(strictly: strict) ? .failed : .done
      }
    }
  }
}
