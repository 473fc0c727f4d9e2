import BinaryUnderTest
import Foundation
import Testing

@testable import Prompt

@Suite struct HistoryFileTests {
  private func file() throws -> HistoryFile {
    HistoryFile(path: "\(try NNSH.temporaryFolder())/new/deep/history")
  }

  @Test(arguments: ["x = 1", "fn f(x) {\n  x\n}", "print(\"a\\nb\\\\\")", "é日 \\", "\\n"])
  func entriesComeBack(_ entry: String) throws {
    let file = try file()
    #expect(file.append(entry))
    #expect(file.append("last"))
    #expect(file.entries() == [entry, "last"])
  }

  @Test func whatWasTypedTwiceCountsWhereItWasTypedLast() throws {
    let file = try file()
    for entry in ["a", "b", "a", "c", "b"] { file.append(entry) }
    #expect(file.entries() == ["a", "c", "b"])
    #expect(file.entries(limit: 2) == ["c", "b"])
  }

  @Test func longLinesAndFilesAreReadInPieces() throws {
    let file = try file()
    let long = String(repeating: "0123456789", count: 30_000)
    var entries: [String] = []
    for number in 0..<40 {
      entries.append("x = \(number) # " + long.prefix(number * 1000))
      if number % 10 == 0 { entries.append("y = \(number) # " + long) }
    }
    for entry in entries { file.append(entry) }
    #expect(file.entries() == entries)
  }

  @Test func onlyTheUserMayReadIt() throws {
    let file = try file()
    file.append("x")
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }

  @Test func spacesAndEmptyLinesAreNotKept() throws {
    let file = try file()
    #expect(!file.append(" secret"))
    #expect(!file.append("\n"))
    #expect(file.entries().isEmpty)
  }

  @Test func aTornLineHarmsNoOther() throws {
    let file = try file()
    file.append("first")
    let handle = try #require(FileHandle(forWritingAtPath: file.path))
    handle.seekToEndOfFile()
    handle.write(Data("torn".utf8))
    try handle.close()
    file.append("second")
    #expect(file.entries() == ["first", "torn", "second"])
  }

  @Test func severalWritersLoseNothing() async throws {
    let file = try file()
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask { for number in 0..<100 { file.append("\(writer) \(number)\nend") } }
      }
    }
    let entries = file.entries()
    #expect(entries.count == 400)
    #expect(Set(entries).count == 400)
    #expect(entries.allSatisfy { $0.hasSuffix("\nend") })
  }

  @Test func aPlaceThatCannotBeWrittenIsNoError() {
    #expect(!HistoryFile(path: "/proc/nowhere/history").append("x"))
    #expect(HistoryFile(path: "/proc/nowhere/history").entries().isEmpty)
  }
}
