import FoundationEssentials
import MCPAuth
import MCPAuthCore
import MCPAuthHTTP
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthStores
import MCPAuthToolCommands
import MCPAuthToolInput
import MCPAuthToolOutput

/// Connects the live adapters. No other code refers to them.
enum Wiring {
  /// The greatest size of `network.ca_file`, in bytes: four times the size of all roots of a system.
  static let certificatesLimit = 1 << 20

  @Sendable static func checkPlace(_ file: String) throws(Diagnostic) {
    try InventoryPlace(file).checkStem()
  }

  /// Finds the `{file}` references that lead to a file that a reference must not name. No file is opened.
  @Sendable static func checkFiles(_ inventory: Inventory, _ environment: [String: String]) -> [Diagnostic] {
    let places = try? Stores.secretPlaces(inventory, inventoryPath: inventory.file, environment: environment)
    let folder = FilePath.folder(of: inventory.file)
    let finder = SecretFileFinder(folder: folder, keptApart: places ?? [])
    var found: [Diagnostic] = []
    let ofStore = SecretFileFinder(folder: folder, keptApart: places ?? [], use: .store)
    if let auth = inventory.secrets.kv2?.auth, case .file(let path) = auth.credential {
      do throws(Diagnostic) { _ = try ofStore.find(path, at: auth.location) } catch { found.append(error) }
    }
    if let auth = inventory.state.etcd?.auth {
      for case .file(let path) in auth.references {
        do throws(Diagnostic) { _ = try ofStore.find(path, at: auth.location) } catch { found.append(error) }
      }
    }
    for use in inventory.secretUses {
      guard case .file(let path) = use.reference else { continue }
      do throws(Diagnostic) { _ = try finder.find(path, at: use.location) } catch { found.append(error) }
    }
    return found
  }

  @Sendable static func lockReadAhead(_ inventory: String) -> LockReadAhead? {
    guard let place = try? InventoryPlace(inventory) else { return nil }
    let path = FilePath.resolve(place.lockFile, in: place.folder)
    return LockReadAhead { try? BoundedFile.read(path, limit: LockCodec.limit) }
  }

  @Sendable static func writeLock(_ path: String, _ bytes: [UInt8]) throws(Diagnostic) {
    try LockFile.replace(at: path, with: bytes)
  }

  @Sendable static func writeFile(_ path: String, _ bytes: [UInt8]) throws(Diagnostic) {
    try DocumentFile.write(bytes, to: path)
  }

  @Sendable static func writeOutput(_ path: String, _ bytes: [UInt8], _ keepsMode: Bool) throws(Diagnostic) {
    try OutputFile.write(bytes, to: path, keepsMode: keepsMode)
  }

  @Sendable static func open(_ order: RunOrder, _ tool: ToolContext) async throws(Diagnostic) -> RunServices {
    let inventory = order.inventory
    let folder = FilePath.folder(of: inventory.file)
    let redactor = tool.output.redactor
    learnOwnKeys(tool.environment, redactor)
    let transport = try HTTPTransport(try httpSettings(inventory.network, folder, tool))
    let keptApart = try Stores.secretPlaces(
      inventory, inventoryPath: inventory.file, environment: tool.environment)
    let connection = connection(transport, folder, keptApart, tool)
    let stateTransport = try etcdTransport(inventory.state.etcd, folder, tool)
    var stateConnection = connection
    if let stateTransport { stateConnection.transport = stateTransport }
    let stores = try Stores.open(
      inventory, inventoryPath: inventory.file, environment: tool.environment,
      programs: StorePrograms(environment: tool.environment, ask: tool.terminal.isInput ? question(tool) : nil),
      connection: connection, stateConnection: stateConnection)
    let (state, secrets) = (stores.state, stores.secrets)
    let resolver = SecretResolver(
      environment: tool.environment, files: SecretFileFinder(folder: folder, keptApart: keptApart),
      readFile: readSecretFile,
      readStored: { key throws(Diagnostic) in
        guard let secret = try await secrets.getStored(key) else {
          throw .storedMissing(key, store: secrets.name)
        }
        return secret
      })
    var context = ReconcilerContext(
      inventory: inventory, transport: transport, state: stores.state, secrets: stores.secrets,
      now: HostFacts.now, randomID: HostFacts.randomID,
      resolve: { reference throws(Diagnostic) in try await resolver.resolve(reference) },
      learn: { redactor.learn($0) }, report: order.report,
      durability: Stores.durability(
        inventory.secrets, environment: tool.environment, inventoryFolder: folder),
      holder: HostFacts.holder(tool.arguments, tool.environment), isInterrupted: { Interruption.hasCome })
    context.holdsSecret = { redactor.finds($0) }
    context.parallelism = order.settings.parallelism
    context.discoveryTimeout = order.settings.discoveryTimeout
    context.lockTimeout = order.settings.lockTimeout
    context.lockReadAhead = order.lockReadAhead
    let secretOperations = SecretOperations(context, store: secrets) { settings throws(Diagnostic) in
      try Stores.openNamed(
        settings, inventoryPath: inventory.file, environment: inventory.hidingSecrets(in: tool.environment),
        connection: connection, state: state)
    }
    return RunServices(
      reconciler: Reconciler(context), state: StateOperations(context), exports: { [context] in ExportSource(context) },
      secrets: { secretOperations }, verifier: { [context] in CredentialVerifier(context) },
      lockedNames: { () async throws(Diagnostic) in
        guard let bytes = try await state.readLock() else { return [] }
        return Array(try LockCodec.decode(bytes, file: state.lockFile).servers.keys)
      },
      transfer: { () throws(Diagnostic) in
        StateTransfer(
          file: try FileWholeState(
            inventoryPath: inventory.file, holder: HostFacts.holder(tool.arguments, tool.environment)),
          etcd: state as? any ReviewedState, location: inventory.state.location)
      },
      close: {
        await transport.shutdown()
        await stateTransport?.shutdown()
      })
  }

  /// The transport to etcd, with its own certificates.
  private static func etcdTransport(
    _ etcd: EtcdSettings?, _ folder: String, _ tool: ToolContext
  ) throws(Diagnostic) -> HTTPTransport? {
    guard let etcd else { return nil }
    func read(_ file: WrittenPath?) throws(Diagnostic) -> [UInt8]? {
      guard let file else { return nil }
      return try readCertificates(
        file.path, in: folder, at: file.location, help: ["it is relative to the inventory's folder"], tool)
    }
    var settings = HTTPSettings(userAgent: ToolVersion.userAgent, environment: tool.environment)
    settings.certificateAuthorities = try read(etcd.caFile)
    // Who names the authority of the cluster trusts no other one there.
    settings.trustsSystemRoots = etcd.caFile == nil
    settings.clientCertificate = try read(etcd.clientCertificate)
    settings.clientKey = try read(etcd.clientKey)
    do throws(Diagnostic) { return try HTTPTransport(settings) } catch {
      throw error.placed(at: (etcd.clientKey ?? etcd.caFile)?.location ?? etcd.location)
    }
  }

  /// Asks the user whether a program that the inventory names may be run.
  private static func question(_ tool: ToolContext) -> @Sendable (_ command: String) async -> Bool {
    { command in
      await tool.confirms(
        "the inventory names the program '\(Printable.line(command))' as its secret store; run it?")
    }
  }

  /// What a secret store on the network needs. Its credential is read when the store is used for the first time.
  private static func connection(
    _ transport: HTTPTransport, _ folder: String, _ keptApart: [String], _ tool: ToolContext
  ) -> StoreConnection {
    let resolver = SecretResolver(
      environment: tool.environment, files: SecretFileFinder(folder: folder, keptApart: keptApart, use: .store),
      readFile: readSecretFile,
      readStored: { key throws(Diagnostic) in throw .storedMissing(key, store: "kv2") })
    let redactor = tool.output.redactor
    let ask: @Sendable (_ address: String) async -> Bool = { address in
      await tool.confirms(
        "the inventory names '\(Printable.line(address))' as the address of a store; send the credential there?"
      )
    }
    return StoreConnection(
      transport: transport,
      addresses: StoreAddresses(environment: tool.environment, ask: tool.terminal.isInput ? ask : nil),
      resolve: { reference throws(Diagnostic) in try await resolver.resolve(reference) },
      learn: { redactor.learn($0) }, now: HostFacts.now, uptime: DiscoveryEnvironment.milliseconds)
  }

  /// Reads the file of a `{file}` reference.
  @Sendable private static func readSecretFile(
    _ path: String, _ limit: Int
  ) throws(BoundedFile.Problem) -> [UInt8] {
    try BoundedFile.read(path, limit: limit, followsLink: false)
  }

  /// Credentials that an adapter reads from the environment (SecretStores#Redaction).
  private static func learnOwnKeys(_ environment: [String: String], _ redactor: Redactor) {
    for (name, value) in environment
    where name.hasPrefix("MCPAUTH_") && !name.hasSuffix("_FILE") && name != StorePrograms.variable
      && name != StoreAddresses.variable && !name.hasPrefix(InventoryVariables.prefix)
    {
      redactor.learn(Secret(value))
    }
  }

  /// The settings of the transport for an inventory's `network` block.
  ///
  /// - Parameter folder: the inventory's.
  static func httpSettings(
    _ network: NetworkSettings, _ folder: String, _ tool: ToolContext
  ) throws(Diagnostic) -> HTTPSettings {
    var settings = HTTPSettings(userAgent: ToolVersion.userAgent, environment: tool.environment)
    settings.certificateAuthorities = try certificates(network, folder, tool)
    settings.trustsSystemRoots = network.trustsSystemRoots
    settings.allowPrivate = network.allowPrivate
    return settings
  }

  /// Reads a file of certificates.
  static func readCertificates(
    _ path: String, in folder: String = "", at location: SourceLocation? = nil, help: [String] = [], _ tool: ToolContext
  ) throws(Diagnostic) -> [UInt8] {
    do throws(BoundedFile.Problem) {
      return try tool.readFile(FilePath.resolve(path, in: folder), certificatesLimit)
    } catch {
      throw Diagnostic(
        .error, .invalidValue, "the certificates '\(Printable.line(path))' cannot be read: \(error.reason)",
        at: location, help: help)
    }
  }

  private static func certificates(
    _ network: NetworkSettings, _ folder: String, _ tool: ToolContext
  ) throws(Diagnostic) -> [UInt8]? {
    guard let path = network.caFile else { return nil }
    let pem = try readCertificates(
      path, in: folder, at: network.caFileLocation, help: ["a ca_file is relative to the inventory's folder"], tool)
    guard HTTPTransport.holdsCertificates(pem) else {
      throw Diagnostic(
        .error, .invalidValue, "'\(Printable.line(path))' has no certificate that can be read",
        at: network.caFileLocation,
        help: ["a ca_file has PEM blocks that begin with -----BEGIN CERTIFICATE-----"])
    }
    return pem
  }
}
