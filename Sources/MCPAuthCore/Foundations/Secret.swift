/// A credential. It cannot be encoded, and prints as `<redacted>` however it is printed.
///
/// `open()` is the only way to the value: search for it to see every place that handles one.
public struct Secret: Sendable, Equatable {
  private let value: String

  /// Takes the credential as it is.
  public init(_ value: String) {
    self.value = value
  }

  /// The credential itself, for the wire or the secret store.
  public func open() -> String { value }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `<redacted>`.
  public var description: String { "<redacted>" }
  /// `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// Shows nothing to `dump`.
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
