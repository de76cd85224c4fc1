/// A credential. It cannot be encoded, and prints as `<redacted>` however it is printed.
///
/// `open()` is the only way to the value: search for it to see every place that handles one.
public struct Secret: Sendable, Equatable {
  private let value: String

  public init(_ value: String) {
    self.value = value
  }

  /// The credential itself, for the wire or the secret store.
  public func open() -> String { value }

  public var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
