/// Why a sandbox did not start.
public enum SandboxError: Error, Equatable, CustomStringConvertible {
  /// Another process listens on the port.
  case portInUse(Int)
  /// The socket could not be opened for another reason.
  case cannotListen(port: Int, reason: String)

  /// The message for users.
  public var description: String {
    switch self {
    case .portInUse(let port): "port \(port) of 127.0.0.1 is in use"
    case .cannotListen(let port, let reason): "cannot listen on port \(port) of 127.0.0.1: \(reason)"
    }
  }
}
