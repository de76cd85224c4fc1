package import MCPAuthCore

/// The source locations of a server's keys, by key path: `url`, `oauth2.client_id`, `api_key.header`.
///
/// A server has few keys, and a location is looked up only for a message. Therefore it is a list, which is made faster than a dictionary.
package struct KeyPlaces: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  private struct Place: Sendable, Equatable {
    var path: String
    var location: SourceLocation
  }

  private var places: [Place] = []

  package init(dictionaryLiteral elements: (String, SourceLocation)...) {
    places = elements.map(Place.init)
  }

  init() {}

  mutating func reserve(_ count: Int) { places.reserveCapacity(count) }

  /// - Parameter path: it has no location yet.
  mutating func add(_ path: String, _ location: SourceLocation) {
    places.append(Place(path: path, location: location))
  }

  /// The location of a key. Where the key is not given, the location of the nearest enclosing block that is; nil where none is given.
  func nearest(_ path: String) -> SourceLocation? {
    var path = path[...]
    while true {
      if let place = places.first(where: { $0.path == path }) { return place.location }
      guard let dot = path.lastIndex(of: ".") else { return nil }
      path = path[..<dot]
    }
  }
}
