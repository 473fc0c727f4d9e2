import Foundation
import Testing

@testable import Datasets
@testable import Files

/// What `log=` writes, taken apart again; `make test-integrations` has TensorBoard read it.
@Suite struct EventLogTests {
  @Test func checksumsAreTheKnownOnes() {
    // The check value of CRC-32C, and two of RFC 3720.
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
  }

  /// The events of a file: the step, and the numbers by their names.
  private func events(_ path: String) throws -> [(step: Int, numbers: [String: Float])] {
    var rest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var events: [(step: Int, numbers: [String: Float])] = []
    while !rest.isEmpty {
      var reader = ByteReader(rest)
      let claimed = reader.integer(UInt64.self).flatMap { Int(exactly: $0) }
      let length = try #require(claimed)
      let lengthCheck = reader.integer(UInt32.self)
      #expect(lengthCheck == CRC32C.masked(Array(rest.prefix(8))))
      let content = reader.slice(length)
      let bytes = try #require(content)
      let check = reader.integer(UInt32.self)
      #expect(check == CRC32C.masked(Array(bytes)))
      rest = rest.dropFirst(length + 16)
      var event = ProtobufReader(bytes)
      var (step, numbers): (Int, [String: Float]) = (0, [:])
      while let field = try event.next() {
        if field.number == 2 { step = field.integer ?? -1 }
        guard field.number == 5 else { continue }
        var summary = ProtobufReader(field.bytes ?? [])
        while let value = try summary.next() {
          var parts = ProtobufReader(value.bytes ?? [])
          var name = ""
          while let part = try parts.next() {
            if part.number == 1 { name = part.text ?? "" }
            if part.number == 2 { numbers[name] = part.float }
          }
        }
      }
      events.append((step, numbers))
    }
    return events
  }

  @Test func numbersComeBackByNameAndStep() throws {
    let directory = try TemporaryDirectory()
    let folder = directory["runs/a"]
    do {
      let log = try EventLog(folder: folder)
      try log.write([("loss", 0.5), ("val_loss", 0.25)], step: 1)
      try log.write([("loss", 0.125)], step: 300)
      // Each training has a file of its own.
      try EventLog(folder: folder).write([("loss", 1)], step: 2)
    }
    let names = directoryEntries(folder)
    #expect(names.count == 2)
    for name in names { #expect(name.hasPrefix("events.out.tfevents.")) }
    let found = try names.map { try events(folder + "/" + $0) }.sorted { $0.count > $1.count }
    #expect(found[0].map(\.step) == [0, 1, 300])
    #expect(found[0].map(\.numbers) == [[:], ["loss": 0.5, "val_loss": 0.25], ["loss": 0.125]])
    #expect(found[1].map(\.step) == [0, 2])
  }

  @Test func aFileInTheWayIsNamed() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write("x", "runs")
    for folder in ["runs", "runs/a/b"] {
      #expect(throws: DataError.notAFolder(path: directory["runs"])) {
        try EventLog(folder: directory[folder])
      }
    }
  }
}
