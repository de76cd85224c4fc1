import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ClientMetadataCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "client-metadata",
    abstract: "Prints your Client ID Metadata Document (CIMD).",
    usage: "mcpauth client-metadata [<file>] [<options>]",
    discussion: """
      Publish it at exactly client.metadata_url. That URL is then the client's id, and nothing is registered. It has the redirect URIs
      of all servers that use the client block.

      With --check the document is requested where it is published, and its mistakes are listed.

      example: mcpauth client-metadata > client.json
      """)

  @Option(help: ArgumentHelp("Request the document at this URL, and list its mistakes.", valueName: "url"))
  var check: String?

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    let loaded: InventoryLoading.Loaded
    do throws(InventoryLoading.Refusal) {
      loaded = try InventoryLoading.load(inventory.file, in: context)
    } catch {
      report.refused(error.check)
      return .invalid
    }
    guard var client = loaded.inventory.client else {
      let diagnostic = Diagnostic(
        .error, .missingKey, "the inventory has no client block to make a document of",
        help: ["give client.name and client.redirect_uris"])
      report.failed(diagnostic, source: loaded.source)
      return .failed
    }
    client.redirectURIs = Self.redirectURIs(of: loaded.inventory, client)
    if let check { return await look(at: check, client, loaded, report, context) }
    context.output.verbatim(ClientIDMetadataDocument.document(for: client))
    return .done
  }

  private func look(
    at url: String, _ client: ClientMetadata, _ loaded: InventoryLoading.Loaded, _ report: any Report,
    _ context: ToolContext
  ) async -> ToolExit {
    do throws(Diagnostic) {
      let document = try ClientIDMetadataDocument(clientID: url, trust: try ServerTrust(url))
      let check = DocumentCheck(
        document: document, redirectURIs: client.redirectURIs, network: loaded.inventory.network,
        folder: FilePath.folder(of: loaded.inventory.file))
      var found = try await context.checkDocument(check, context)
      if let own = client.metadataURL, own != url {
        found.append(
          .warning(
            .clientMetadataInvalid,
            "the inventory's client.metadata_url is another URL, \(ForeignText.printable(own, limit: 256))"))
      }
      report.presented(ClientMetadataPage(url: url, found: found))
      return found.contains { $0.severity == .error } ? .failed : .done
    } catch {
      report.failed(error, source: loaded.source)
      return .failed
    }
  }

  /// The redirect URIs of every server whose client may be the document. They differ because of `{server}`.
  static func redirectURIs(of inventory: Inventory, _ client: ClientMetadata) -> [String] {
    var seen: Set<String> = []
    var uris: [String] = []
    for server in inventory.servers {
      switch server.mode {
      case .discovered(let settings) where [.auto, .cimd].contains(settings.registration):
        uris += (settings.client?.redirectURIs ?? []).filter { seen.insert($0).inserted }
      case .none, .apiKey, .customHeaders, .manual, .preregistered, .discovered, .registeredAtEndpoints: break
      }
    }
    return uris.isEmpty ? client.redirectURIs : uris
  }
}
