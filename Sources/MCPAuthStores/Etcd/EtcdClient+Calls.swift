import MCPAuthCore

/// The calls of the gateway that mcpauth uses.
extension EtcdClient {
  /// Does a transaction, and says what it found.
  ///
  /// - Parameter patience: as in `call`.
  nonisolated func commit(_ transaction: EtcdTransaction, patience: Int? = nil) async throws(Failure) -> EtcdAnswer {
    let answer = try await call("kv/txn", transaction.json, patience: patience)
    var result = EtcdAnswer(revision: answer.etcdRevision, isDone: answer["succeeded"]?.bool == true)
    guard !result.isDone else { return result }
    for response in answer["responses"]?.array ?? [] {
      for (key, pair) in response["response_range"]?.etcdPairs ?? [] { result.present[key] = pair }
    }
    return result
  }

  /// All keys of these spans, as they were at one revision.
  nonisolated func range(_ spans: [EtcdSpan]) async throws(Failure) -> (pairs: [String: EtcdPair], revision: Int64) {
    var attempts = 0
    while true {
      attempts += 1
      do throws(Failure) {
        var all: [String: EtcdPair] = [:]
        var revision: Int64 = 0
        let rest = try await firstPages(spans, &all, &revision)
        for span in rest { revision = try await pages(span, at: revision, &all) }
        return (all, revision)
      } catch .refused(Code.outOfRange, let message) where attempts < 3 && message.contains("compacted") {
        // The revision of the first page is gone: read again from the beginning.
        continue
      }
    }
  }

  /// Reads the first page of each span, in one request.
  ///
  /// - Returns: what is left to read at the same revision.
  private nonisolated func firstPages(
    _ spans: [EtcdSpan], _ pairs: inout [String: EtcdPair], _ revision: inout Int64
  ) async throws(Failure) -> [EtcdSpan] {
    guard spans.count > 1 else { return spans }
    let operations = spans.map { span -> JSON in
      var body = span.json
      body["limit"] = "200"
      return ["request_range": .object(body)]
    }
    let answer: JSON
    do throws(Failure) {
      answer = try await call("kv/txn", ["success": .array(operations)])
    } catch .refused(Code.resourceExhausted, Self.answerTooLarge) {
      return spans
    }
    revision = answer.etcdRevision
    let ranges = answer["responses"]?.array ?? []
    guard ranges.count == spans.count else { return spans }
    return zip(spans, ranges).compactMap { span, part in
      let page = part["response_range"]?.etcdPairs ?? []
      for (key, pair) in page { pairs[key] = pair }
      guard part["response_range"]?["more"]?.bool == true, let last = page.last else { return nil }
      var left = span
      left.start = Array(last.key.utf8) + [0]
      return left
    }
  }

  /// - Parameter revision: 0: the present one.
  /// - Returns: the revision.
  private nonisolated func pages(
    _ span: EtcdSpan, at revision: Int64, _ pairs: inout [String: EtcdPair]
  ) async throws(Failure) -> Int64 {
    var revision = revision
    var rest = span
    var size: Int64 = 500
    while true {
      var body = rest.json
      body["limit"] = .string(String(size))
      if revision > 0 { body["revision"] = .string(String(revision)) }
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
      guard answer["more"]?.bool == true, let last = page.last else { return revision }
      rest.start = Array(last.key.utf8) + [0]
    }
  }

  /// What has changed in these spans after a revision, in one request.
  ///
  /// - Parameter folders: all keys of these are listed, because nothing tells which ones were deleted.
  nonisolated func news(
    _ spans: [EtcdSpan], since: Int64, folders: [String]
  ) async throws(Failure) -> EtcdNews {
    let changed = spans.map { span -> JSONObject in
      var body = span.json
      body["min_mod_revision"] = .string(String(since + 1))
      return body
    }
    let counted = spans.map { span -> JSONObject in
      var body = span.json
      body["count_only"] = true
      return body
    }
    let listed = folders.map { EtcdSpan(prefix: $0, keysOnly: true).json }
    let operations = (changed + counted + listed).map { JSON.object(["request_range": .object($0)]) }
    let answer = try await call("kv/txn", ["success": .array(operations)])
    let ranges = (answer["responses"]?.array ?? []).map { $0["response_range"] ?? .object([:]) }
    guard ranges.count == operations.count else {
      throw .refused(code: -1, message: "the answer to a transaction has \(ranges.count) parts of \(operations.count)")
    }
    let count = spans.count
    return EtcdNews(
      changed: ranges[..<count].flatMap(\.etcdPairs),
      count: ranges[count..<2 * count].reduce(0) { $0 + Int($1.etcdInteger("count")) },
      present: Set(ranges[(2 * count)...].flatMap { $0.etcdPairs.map(\.key) }), revision: answer.etcdRevision)
  }

  /// The values of several keys, in one request. Keys that do not exist are left out.
  ///
  /// - Parameter revision: 0: the present one.
  nonisolated func get(_ keys: [String], at revision: Int64) async throws(Failure) -> [String: EtcdPair] {
    guard !keys.isEmpty else { return [:] }
    let operations = keys.map { key -> JSON in
      var body: JSONObject = ["key": .etcd(key)]
      if revision > 0 { body["revision"] = .string(String(revision)) }
      return ["request_range": .object(body)]
    }
    let answer = try await call("kv/txn", ["success": .array(operations)])
    let pairs = (answer["responses"]?.array ?? []).flatMap { $0["response_range"]?.etcdPairs ?? [] }
    return Dictionary(pairs.map { ($0.key, $0.pair) }, uniquingKeysWith: { first, _ in first })
  }

  nonisolated func get(_ key: String) async throws(Failure) -> EtcdPair? {
    try await call("kv/range", ["key": .etcd(key)]).etcdPairs.first?.pair
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
