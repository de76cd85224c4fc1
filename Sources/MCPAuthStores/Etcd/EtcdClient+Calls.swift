import MCPAuthCore

/// The calls of the gateway that mcpauth uses.
extension EtcdClient {
  /// Does a transaction, and says what it found.
  nonisolated func commit(_ transaction: EtcdTransaction) async throws(Failure) -> EtcdAnswer {
    let answer = try await call("kv/txn", transaction.json)
    var result = EtcdAnswer(revision: answer.etcdRevision, isDone: answer["succeeded"]?.bool == true)
    guard !result.isDone else { return result }
    for response in answer["responses"]?.array ?? [] {
      for (key, pair) in response["response_range"]?.etcdPairs ?? [] { result.present[key] = pair }
    }
    return result
  }

  /// All keys that begin with the prefix, as they were at one revision.
  ///
  /// - Parameters:
  ///   - since: only keys that were changed after this revision.
  ///   - keysOnly: without values.
  nonisolated func range(
    prefix: String, since: Int64 = 0, keysOnly: Bool = false
  ) async throws(Failure) -> (pairs: [String: EtcdPair], revision: Int64) {
    var attempts = 0
    while true {
      attempts += 1
      do throws(Failure) {
        return try await pages(prefix: prefix, since: since, keysOnly: keysOnly)
      } catch .refused(Code.outOfRange, let message) where attempts < 3 && message.contains("compacted") {
        // The revision of the first page is gone: read again from the beginning.
        continue
      }
    }
  }

  private nonisolated func pages(
    prefix: String, since: Int64, keysOnly: Bool
  ) async throws(Failure) -> (pairs: [String: EtcdPair], revision: Int64) {
    var pairs: [String: EtcdPair] = [:]
    var revision: Int64 = 0
    var next = Array(prefix.utf8)
    let end = Self.end(ofPrefix: next)
    var size: Int64 = 500
    while true {
      var body: JSONObject = [
        "key": .etcd(next), "range_end": .etcd(end), "limit": .string(String(size)),
      ]
      if revision > 0 { body["revision"] = .string(String(revision)) }
      if since > 0 { body["min_mod_revision"] = .string(String(since + 1)) }
      if keysOnly { body["keys_only"] = true }
      let answer: JSON
      do throws(Failure) {
        answer = try await call("kv/range", .object(body))
      } catch .refused(Code.resourceExhausted, Self.answerTooLarge) where size > 1 {
        size = max(1, size / 8)
        continue
      }
      if revision == 0 { revision = answer.etcdRevision }
      let page = answer.etcdPairs
      for (key, pair) in page { pairs[key] = pair }
      guard answer["more"]?.bool == true, let last = page.last else { return (pairs, revision) }
      next = Array(last.key.utf8) + [0]
    }
  }

  nonisolated func get(_ key: String) async throws(Failure) -> EtcdPair? {
    try await call("kv/range", ["key": .etcd(key)]).etcdPairs.first?.pair
  }

  /// The first key after all that begin with the prefix: its last byte plus one. The prefix is ASCII and not empty.
  private static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
    var end = prefix
    end[end.count - 1] += 1
    return end
  }

  // MARK: Leases

  nonisolated func grantLease(seconds: Int) async throws(Failure) -> Int64 {
    let answer = try await call("lease/grant", ["TTL": .string(String(seconds))])
    return answer.etcdInteger("ID")
  }

  /// An attempt is short: all endpoints must have their turn before the lease lapses.
  ///
  /// - Returns: false if the lease has lapsed.
  nonisolated func keepAlive(_ lease: Int64) async throws(Failure) -> Bool {
    do throws(Failure) {
      let answer = try await call("lease/keepalive", ["ID": .string(String(lease))], seconds: 3)
      // A stream answers `{"result": …}`. Without a TTL the lease does not exist any more.
      return (answer["result"] ?? answer).etcdInteger("TTL") > 0
    } catch .refused(Code.notFound, _) {
      return false
    }
  }

  /// It is no error if the lease does not exist any more.
  nonisolated func revoke(_ lease: Int64) async throws(Failure) {
    do throws(Failure) {
      _ = try await call("lease/revoke", ["ID": .string(String(lease))])
    } catch .refused(Code.notFound, _) {}
  }
}
