import Foundation
import Testing

/// Runs all seeds, and all inputs that once found an error, without a fuzzer. Inputs that `Tests/Fuzz/run` finds are added to
/// `regressions`.
@Suite struct CorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  private static func inputs(_ kind: String, _ target: String) -> [(name: String, bytes: [UInt8])] {
    let place = folder.appending(path: kind).appending(path: target)
    let files = (try? FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)) ?? []
    return files.sorted { $0.path < $1.path }.compactMap { file in
      (try? Data(contentsOf: file)).map { (file.lastPathComponent, Array($0)) }
    }
  }

  @Test(
    "ThreatModel#Text-of-a-server: the properties hold for every seed, and for every input that once violated one",
    arguments: FuzzTarget.all.map(\.name))
  func replayed(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let seeds = Self.inputs("corpus", name)
    #expect(seeds.count >= 3, "the seeds of \(name) are gone")
    for (file, bytes) in seeds + Self.inputs("regressions", name) {
      do { try target.check(bytes) } catch { Issue.record("\(name)/\(file): \(error)") }
    }
  }

  @Test("every folder of regressions belongs to a target")
  func known() throws {
    for kind in ["corpus", "regressions"] {
      let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: kind).path)
      for folder in folders where !folder.hasPrefix(".") {
        #expect(FuzzTarget.named(folder) != nil, "\(kind)/\(folder)")
      }
    }
  }

  @Test("the properties hold for seeds that are cut, or have a changed byte", arguments: FuzzTarget.all.map(\.name))
  func spoiled(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    var dice = Dice(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) })
    for (file, bytes) in Self.inputs("corpus", name) where !bytes.isEmpty {
      for _ in 0..<12 {
        var spoiled = bytes
        switch dice.number(0..<4) {
        case 0: spoiled = Array(bytes[..<dice.number(0..<bytes.count)])
        case 1: spoiled[dice.number(0..<bytes.count)] = UInt8(dice.number(0..<256))
        case 2: spoiled.insert(contentsOf: dice.text().utf8, at: dice.number(0..<bytes.count))
        default:
          let start = dice.number(0..<bytes.count)
          spoiled.removeSubrange(start..<min(bytes.count, start + dice.number(1..<16)))
        }
        do { try target.check(spoiled) } catch {
          Issue.record("\(name)/\(file), spoiled: \(error): \(Data(spoiled).base64EncodedString())")
        }
      }
    }
  }
}
