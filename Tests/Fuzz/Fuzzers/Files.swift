import Datasets
import Foundation
import Language
import Shell
import Tensors

extension Fuzzer {
  /// Files of every form: valid ones with bytes changed, under the endings of all.
  static let files = Fuzzer(
    name: "files", summary: "files of every form, valid ones with bytes changed",
    seeds: { DamagedFile.seeds },
    make: { random, corpus in
      let known = DamagedFile(corpus.one(&random))
      var file = known
      file.bytes = Mutation.bytes(
        known.bytes, other: DamagedFile(corpus.one(&random)).bytes, &random)
      if random.chance(5) { file.ending = random.one(of: DamagedFile.endings) }
      // Else no change of an image would be read but one of its checksums.
      if random.chance(80) { file.mendChecksums() }
      return file.input
    },
    take: { input in
      let file = DamagedFile(input)
      let path = try file.write()
      try CodeRunner.run("load \"\(path)\" as d\nd\ndescribe d\nwho\n", preamble: "")
    })
}

/// A file as an input: its ending on the first line, its bytes after.
struct DamagedFile {
  var ending: String
  var bytes: [UInt8]

  static let endings = [
    "npy", "npz", "csv", "tsv", "json", "jsonl", "jpg", "idx", "png", "safetensors", "nnsh",
    "csv.gz", "npy.gz", "gz", "pt", "onnx",
    "dat", "",
  ]

  init(ending: String, bytes: [UInt8]) {
    self.ending = ending
    self.bytes = bytes
  }

  init(_ input: [UInt8]) {
    let line = input.prefix(16).prefix { $0 != 10 }
    ending = String(decoding: line, as: UTF8.self).filter { $0.isLetter || $0 == "." }
    bytes = Array(input.dropFirst(line.count + 1))
  }

  var input: [UInt8] { Array(ending.utf8) + [10] + bytes }

  /// Writes the file into a folder, the worker's own where left out, where the last one stood.
  func write(into folder: String = ".") throws -> String {
    let path = folder + "/fuzzed" + (ending.isEmpty ? "" : "." + ending)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  // MARK: Checksums

  /// Makes the checksums of an image's chunks fit what they hold.
  mutating func mendChecksums() {
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - position - 12 else { return }
      let end = position + 8 + length
      let sum = Self.checksum(bytes[(position + 4)..<end])
      for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * index)) }
      position = end + 4
    }
  }

  /// CRC-32 by bits.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }

  // MARK: Files to begin with

  /// The fixtures of the tests of files, and what nnsh itself writes.
  static let seeds: [[UInt8]] = fixtures + written + tables

  private static let fixtures: [[UInt8]] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DatasetsTests/Fixtures")
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)),
        data.count < 1 << 15, !name.hasSuffix(".py")
      else { return nil }
      let ending = name.hasSuffix("ubyte") ? "idx" : (name as NSString).pathExtension
      return DamagedFile(ending: ending, bytes: Array(data)).input
    }
  }()

  private static let written: [[UInt8]] = [
    "nnsh", "npz", "safetensors", "onnx", "png", "csv",
  ].compactMap { ending in
    let folder = FileManager.default.temporaryDirectory.path + "/nnsh-fuzz-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let place = "\(folder)/seed.\(ending)"
    let value =
      ending == "png" || ending == "csv" ? "rand(6, 5)" : "dense(4, 3) |> relu |> dense(2)"
    try? CodeRunner.run("v = \(value)\nsave v to \"\(place)\"\n", preamble: "")
    guard let data = FileManager.default.contents(atPath: place), !data.isEmpty else { return nil }
    return DamagedFile(ending: ending, bytes: Array(data)).input
  }

  private static let tables: [[UInt8]] = [
    "csv\na,b\n1,\"2\"\n-3.5e7,nan\n", "csv\nsep=;\n1,5;2\n;\n", "csv\n,0,1\n0,1e999,0.1\n\n,,\n",
    "tsv\n\u{FEFF}x\ty\r\n1\t2\r\n", "csv\n1 2  3\n4 5 6\n",
    "csv\n\"a \"\"b\",\u{1B}[2J\n1,\"\n2\"\n",
    "csv\n1.234,5;x\n16777217;0.30000001\n",
    "csv\nname,age,ok\n\"A, B\",\"1,200\",true\n#c,?,false\n", "csv\nwho,2019,2020\nx,1,2\n",
    "json\n{\"a\": [1, -2.5e3, null, true], \"b\": {\"c\": \"\\u00e9\\n\"}}\n",
    "jsonl\n{\"a\": 1}\n{\"a\": NaN}\n",
  ].map { Array($0.utf8) }
}
