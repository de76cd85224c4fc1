import MCPAuthCore
import MCPAuthPlan

extension ServerTrust {
  /// For a URL that a test knows to be usable.
  static func testing(_ url: String, allowPrivate: [String] = []) -> ServerTrust {
    do throws(Diagnostic) { return try ServerTrust(url, allowPrivate: allowPrivate) } catch {
      preconditionFailure("\(url): \(error.message)")
    }
  }
}

extension InventoryServer {
  init(
    name: String, url: String, mode: Mode, location: SourceLocation, places: KeyPlaces = [:]
  ) {
    self.init(name: name, trust: .testing(url), mode: mode, location: location, places: places)
  }
}
