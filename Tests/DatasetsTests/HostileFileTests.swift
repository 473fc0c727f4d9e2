import Foundation
import Tensors
import Testing

@testable import Files

/// Files cut short at every byte, and files with bytes changed at random: an error or a tensor,
/// never a crash, never more memory than a small file can account for.
@Suite struct HostileFileTests {
  private static let files = [
    "little_f4.npy", "fortran.npy", "stored.npz", "deflated.npz", "i4.idx", "grey.png",
    "tiny/train-images-idx3-ubyte.gz", "mixed.safetensors", "archived.npz",
  ]

  @Test(arguments: files) func everyPrefixIsAnError(name: String) throws {
    let bytes = try fixtureBytes(name)
    for length in 0..<bytes.count {
      let error = readingError(Array(bytes.prefix(length)), as: name)
      #expect(error != nil, "\(name) was read from \(length) of \(bytes.count) bytes")
    }
  }

  @Test(arguments: files) func changedBytesNeverCrash(name: String) throws {
    let bytes = try fixtureBytes(name)
    var generator = SplitMix(state: 1)
    for _ in 0..<600 {
      var changed = bytes
      for _ in 0..<(1 + generator.below(4)) {
        changed[generator.below(bytes.count)] = UInt8(generator.below(256))
      }
      _ = readingError(changed, as: name)
    }
  }

  @Test func changedTablesNeverCrash() throws {
    let text = Array("a,b\n1,\"2\"\n-3.5e7,nan\n\t 4;5\r\n\"x\"\"y\",1e999\n".utf8)
    var generator = SplitMix(state: 2)
    for _ in 0..<3000 {
      var changed = text
      for _ in 0..<(1 + generator.below(6)) {
        changed[generator.below(text.count)] = text[generator.below(text.count)]
      }
      _ = readingError(Array(changed.prefix(1 + generator.below(text.count))), as: "t.csv")
    }
  }

  @Test func foreignFilesAreNamedForWhatTheyAre() throws {
    let directory = try TemporaryDirectory()
    let page = Array("<!DOCTYPE html><html></html>".utf8)
    let cases: [([UInt8], String, String)] = [
      (page, "a.npz", "a web page"), (page, "a.npy", "a web page"),
      (page, "a.gz", "a web page"), (try fixtureBytes("version1.npy"), "a.npz", "an .npy file"),
      (try fixtureBytes("grey.png"), "a.npy", "a PNG image"),
    ]
    for (bytes, name, looksLike) in cases {
      guard
        case .wrongMagic(_, _, let found) = loadingError(try directory.write(bytes, name))
      else {
        Issue.record("\(name): \(String(describing: loadingError(directory[name])))")
        continue
      }
      #expect(found == looksLike)
    }
    guard case .pickled = readingError([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0], as: "a.npz") else {
      Issue.record("a pickle was not recognised")
      return
    }
  }

  @Test func missingEmptyAndDirectory() throws {
    let directory = try TemporaryDirectory()
    #expect(loadingError(directory["no.npy"]) == .missing(path: directory["no.npy"]))
    _ = try directory.write("1,2", "numbers.csv")
    #expect(
      loadingError(directory["nubers.csv"])?.suggestions
        == ["did you mean \(directory["numbers.csv"])?"])
    #expect(loadingError("no-such.npz") == .missing(path: "no-such.npz"))
    for name in [
      "a.npy", "a.npz", "a.csv", "a.idx", "a.png", "a.gz", "a.safetensors", "a.json", "a.jsonl",
    ] {
      #expect(loadingError(try directory.write("", name)) == .empty(path: directory[name]))
    }
    #expect(loadingError(directory.path) == .noPictures(path: directory.path))
    let folder = directory["b.npy"]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(loadingError(folder) == .noPictures(path: folder))
    guard case .missing = loadingError(try directory.write("x", "file") + "/in.npy") else {
      Issue.record("a file was taken for a directory")
      return
    }
  }

  @Test func endingsAreNotNeeded() throws {
    let directory = try TemporaryDirectory()
    let bytes = try fixtureBytes("version1.npy")
    #expect(try loadTensor(try directory.write(bytes, "plain.dump")).doubles() == [1.5, 2.5])
    guard case .unknownFormat = loadingError(try directory.write("hello", "text.unknown")) else {
      Issue.record("read")
      return
    }
  }

  @Test func archivesMayBeGzipped() throws {
    let directory = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = ["-k", try directory.write("1,2\n3,4\n", "t.csv")]
    try process.run()
    process.waitUntilExit()
    #expect(try loadTensor(directory["t.csv.gz"]).doubles() == [1, 2, 3, 4])
  }

  @Test func adviceIsGiven() {
    let errors: [DataError] = [
      .missing(path: "a"), .pickled(place: "a"), .empty(path: "a"), .readOnly(path: "a"),
      .raggedRow(path: "a", line: 1, expected: 2, found: 3),
      .unknownFormat(path: "a", writing: true),
      .missingDirectory(path: "a/b", directory: "a"), .pixelRange(lowest: -1, highest: 2),
      .tooLarge(place: "a", needed: 1 << 40, available: 1 << 30), .notText(place: "a", line: 1),
    ]
    for error in errors {
      #expect(!error.message.isEmpty && !error.message.hasSuffix("."))
      #expect(!error.suggestions.isEmpty, "\(error.message)")
    }
    #expect(
      errors[8].message == "a needs 1.0 TB of memory, 1.0 GB are free")
  }
}

/// Steele's SplitMix64: the same changes on every run.
struct SplitMix {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ z >> 31) % UInt64(limit))
  }
}

/// Texts of a few kilobytes that unfold into one endless line.
@Suite struct EndlessLineTests {
  private func error(_ unit: String, after start: String = "") -> DataError? {
    let text = start + String(repeating: unit, count: (1 << 20) / unit.utf8.count)
    do throws(DataError) {
      _ = try CSVBeginning.read(MemorySource(Array(text.utf8), place: "t.csv"), longest: 1 << 18)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [",", "1,", "a,", "a", "1 "])
  func linesOfManyCellsAreRefused(_ unit: String) {
    guard case .malformed("t.csv", .csv, _)? = error(unit) else {
      Issue.record("\(String(describing: error(unit)))")
      return
    }
  }

  @Test func aMarkThatIsNeverClosedIsNamed() {
    #expect(error("x", after: "a,b\n\"") == .unclosedQuote(path: "t.csv", line: 2))
  }

  @Test(arguments: ["1,2\n", "a,b\n", "\"a\",1\n", "1\n"]) func manyLinesAreNone(_ unit: String) {
    #expect(error(unit) == nil)
  }
}
