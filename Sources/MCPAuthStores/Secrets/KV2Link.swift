import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Sends single requests to a KV version 2 store, and repeats those that may be repeated (SecretStores#KV2).
struct KV2Link: Sendable {
  typealias Outcome = Result<HTTPResponse, HTTPFailure>

  let settings: KV2Settings
  let connection: StoreConnection

  /// One request, without its token.
  struct Call: Sendable {
    var method: HTTPRequest.Method
    /// Below `/v1/`.
    var path: String
    var query: String?
    var body: JSON?
    var bodyLimit = 4 << 20

    /// For messages: the path holds names, and no secret.
    var shown: String { "\(query == nil ? method.rawValue : "LIST") \(path)" }
  }

  /// - Parameter isRepeatable: whether the request is repeated where the server may have acted on the first one.
  func send(_ call: Call, token: Secret?, isRepeatable: Bool) async -> Outcome {
    let request = request(call, token: token)
    var limits = RateLimitSchedule()
    var attempt = 1
    while true {
      let outcome: Outcome
      do throws(HTTPFailure) {
        outcome = .success(try await connection.transport.send(request))
      } catch {
        outcome = .failure(error)
      }
      let milliseconds: Int
      if case .success(let answer) = outcome, answer.status == 429 {
        // The request was refused by a quota: nothing was done.
        guard let seconds = limits.next(retryAfter: RetryAfter.seconds(answer, now: connection.now())) else {
          return outcome
        }
        milliseconds = seconds * 1000
      } else {
        guard attempt < RetrySchedule.attempts, Self.isTemporary(outcome, isRepeatable: isRepeatable) else {
          return outcome
        }
        milliseconds = 250 << (attempt - 1)
        attempt += 1
      }
      do { try await connection.pause(.milliseconds(milliseconds)) } catch { return outcome }
    }
  }

  private static func isTemporary(_ outcome: Outcome, isRepeatable: Bool) -> Bool {
    switch outcome {
    case .success(let answer): isRepeatable && (500...599).contains(answer.status) && !answer.saysSealed
    case .failure(.addressBlocked), .failure(.tooLarge): false
    case .failure(let failure): isRepeatable || !failure.mayHaveArrived
    }
  }

  private func request(_ call: Call, token: Secret?) -> HTTPRequest {
    var fields = [HTTPField("Accept", "application/json"), HTTPField("X-Vault-Request", "true")]
    if let namespace = settings.namespace { fields.append(HTTPField("X-Vault-Namespace", namespace)) }
    if let token { fields.append(HTTPField("X-Vault-Token", token.open())) }
    if call.body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
    let base = settings.address
    return HTTPRequest(
      call.method, base.sibling(path: base.path + "/v1/" + call.path, query: call.query), fields: fields,
      body: call.body.map(JSONWriter.compact), provenance: .inventory, bodyLimit: call.bodyLimit, timeout: 30)
  }

  // MARK: Messages

  var shownAddress: String { settings.address.redacted }

  func failed(_ problem: String, notes: [String] = [], help: [String] = []) -> Diagnostic {
    Diagnostic(
      .error, .storeFailed, "the kv2 store at \(shownAddress): \(problem)", at: settings.location, notes: notes,
      help: help)
  }

  /// The diagnostic for an answer or a failure that ends a call.
  func problem(_ outcome: Outcome, _ call: Call) -> Diagnostic {
    switch outcome {
    case .failure(let failure):
      return failed(
        "\(call.shown): \(failure.message)",
        help: ["check the address, and that the server runs: bao status -address=\(shownAddress)"])
    case .success(let answer):
      let words = answer.words
      switch answer.status {
      case 300...399:
        return failed(
          "it answers with a redirect (\(answer.status)), which is not followed",
          help: ["write the address of the active node, or of the load balancer before it"])
      case 403:
        return failed(
          "\(call.shown): permission denied",
          help: [
            "compare the policy of the token with the one in SecretStores#KV2",
            "if the token was revoked or has expired, log in again",
          ])
      case 404 where !words.isEmpty:
        return failed(
          "\(call.shown): not found\(words)",
          help: ["check mount and namespace: bao secrets list shows the mounts, and the version in their options"])
      case 429: return failed("\(call.shown): it refuses further requests for now (429)", help: ["run it again later"])
      case 503 where answer.saysSealed:
        return failed("it is sealed", help: ["unseal it, and run the command again: it continues from the journal"])
      default: return failed("\(call.shown): it answers \(answer.status)\(words)")
      }
    }
  }

  /// The answer of an engine that is not KV version 2.
  func notKV2(_ call: Call) -> Diagnostic {
    failed(
      "\(call.shown): the answer is not that of a KV version 2 engine",
      help: [
        "check that the mount '\(settings.mount)' has version 2: bao secrets list -detailed",
        "make one with bao secrets enable -path=NAME -version=2 kv, and write mount: NAME",
      ])
  }
}

extension HTTPResponse {
  var json: JSON? { try? JSONParser.parse(body, refusingDuplicates: false) }

  /// The texts of `errors`.
  private var errors: [String] { (json?["errors"]?.array ?? []).compactMap(\.string) }

  /// Whether it is the answer for a key or folder that does not exist: 404 without an error. A server that is no OpenBao or Vault answers otherwise.
  var saysAbsent: Bool { status == 404 && json?["errors"]?.array?.isEmpty == true }

  var saysSealed: Bool { status == 503 && errors.contains { $0.lowercased().contains("sealed") } }

  /// `: ` and the words of the server; empty if it gives none. All secrets that were sent are registered for redaction.
  var words: String {
    let text = errors.joined(separator: "; ")
    return text.isEmpty ? "" : ": " + ForeignText.printable(text, limit: 256)
  }
}
