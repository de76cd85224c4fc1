import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct InspectCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what discovery finds at a URL, and all errors.",
    discussion: """
      For people who run an MCP server and want to know why clients fail. It does what any client does, and then, where that is safe, reads \
      everything else that is published, so that it lists all mistakes at once, each with its RFC section. It sends only the probe and GETs \
      of metadata documents, without credentials, and nothing to an endpoint that a document names.

      Exits with 0 when a client could be registered, otherwise with 1.

      example: mcpauth inspect https://mcp.example.com/mcp
      """)

  @Argument(help: ArgumentHelp("The MCP server's URL.", valueName: "url"))
  var url: String

  @OptionGroup var client: InspectedClientOptions

  @Option(help: ArgumentHelp("The trusted issuer, as issuer in an inventory.", valueName: "issuer"))
  var issuer: String?

  @Option(help: ArgumentHelp("The resource identifier, as resource in an inventory.", valueName: "resource"))
  var resource: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A private network, address or host that metadata may name; repeat it for several.", valueName: "name-or-network")
  )
  var allowPrivate: [String] = []

  @Option(help: ArgumentHelp("Further certificate authorities, PEM.", valueName: "path"))
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      "Time for the discovery, and the same again for further requests: 30s, 2m.", valueName: "duration")
  )
  var timeout = DurationArgument(seconds: 30)

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard timeout.seconds > 0 else { throw ValidationError("--timeout is at least 1s") }
    let trust: ServerTrust
    do throws(Diagnostic) {
      trust = try ServerTrust(url)
      if let issuer { _ = try trust.endpoint(issuer, called: "value of --issuer") }
      if let resource { _ = try trust.endpoint(resource, called: "value of --resource") }
    } catch {
      throw ValidationError(error.message)
    }
    try client.check(trust)
  }

  func run(in context: ToolContext) async -> ToolExit {
    do throws(Diagnostic) {
      var order = InspectionOrder(try ServerTrust(url, allowPrivate: allowPrivate), client: client.metadata)
      order.issuer = issuer
      order.resource = resource
      order.caFile = caFile
      order.timeout = timeout.seconds
      let result = try await context.inspect(order, context)
      common.report(in: context).presented(InspectionPage(result: result, assumptions: client.assumptions))
      return result.isInterrupted || result.error != nil ? .failed : .done
    } catch {
      let help = error.help.map { "  help: \(Printable.line($0))\n" }.joined()
      context.output.text("error: \(Printable.line(error.message))\n" + help, to: .error)
      return .usage
    }
  }
}

/// The flags that describe the client that would be registered.
struct InspectedClientOptions: ParsableArguments {
  static let redirectURI = "http://127.0.0.1:33418/callback"
  static let name = "MCP client"

  @Option(
    name: .customLong("redirect-uri"), parsing: .singleValue,
    help: ArgumentHelp("The client's redirect URI; repeat it for several.", valueName: "uri"))
  var redirectURIs: [String] = []

  @Option(help: ArgumentHelp("The client's name.", valueName: "name"))
  var clientName: String?

  @Option(
    name: .customLong("metadata-url"),
    help: ArgumentHelp("The client's Client ID Metadata Document.", valueName: "url"))
  var metadataURL: String?

  var metadata: ClientMetadata {
    ClientMetadata(
      clientName: clientName ?? Self.name, redirectURIs: redirectURIs.isEmpty ? [Self.redirectURI] : redirectURIs,
      metadataURL: metadataURL)
  }

  /// The values that were assumed, and the option that changes each.
  var assumptions: [String] {
    var list: [String] = []
    if redirectURIs.isEmpty { list.append("redirect URI \(Self.redirectURI): give yours with --redirect-uri") }
    if clientName == nil { list.append("client name '\(Self.name)': give yours with --client-name") }
    return list
  }

  func check(_ trust: ServerTrust) throws {
    guard clientName?.isEmpty != true else { throw ValidationError("--client-name is empty") }
    for uri in redirectURIs {
      guard uri.contains(":"), !uri.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "{}<>#\\".utf8.contains($0) })
      else {
        throw ValidationError("'\(ForeignText.printable(uri, limit: 256))' is not a redirect URI")
      }
    }
    guard let metadataURL else { return }
    do throws(Diagnostic) {
      _ = try ClientIDMetadataDocument(clientID: metadataURL, trust: trust)
    } catch {
      throw ValidationError(error.message)
    }
  }
}
