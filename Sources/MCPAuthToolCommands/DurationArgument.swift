import ArgumentParser

/// A number and a unit: `30s`, `5m`, `1h`, `7d` (InventoryReference#Values).
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
  var seconds: Int

  init(seconds: Int) {
    self.seconds = seconds
  }

  init?(argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = argument.last.flatMap({ units[$0] }) else { return nil }
    let digits = argument.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else {
      return nil
    }
    let (seconds, overflows) = number.multipliedReportingOverflow(by: unit)
    // A limit of one year.
    guard !overflows, seconds <= 366 * 86_400 else { return nil }
    self.seconds = seconds
  }

  var defaultValueDescription: String { "\(seconds)s" }
}
