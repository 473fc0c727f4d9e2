import Foundation
import Syntax
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Files of other programs, and inputs that never end: named for what they are.
@Suite struct ForeignFileTests {
  @Test(
    arguments: [
      ("a.h5", [0x89, 0x48, 0x44, 0x46], "HDF5"),
      ("a.dat", [0x89, 0x48, 0x44, 0x46, 0, 1], "HDF5"),
      ("a.pkl", [0x80, 4, 0x95], "pickle"),
      ("a", Array("GIF89a".utf8), "GIF"), ("a.gif", Array("GIF89a".utf8), "GIF"),
      ("a.mat", Array("MATLAB 5.0 MAT-file".utf8), "MATLAB"),
      ("a.x", Array("PAR1".utf8), "Parquet"),
      ("a.parquet", [1], "Parquet"), ("a.xls", [0xD0, 0xCF, 0x11, 0xE0], "spreadsheet"),
      ("a.csv", [0x89, 0x48, 0x44, 0x46], "HDF5"),
      ("a.bz2", Array("BZh9".utf8), "bzip2"), ("a.html", Array("<html>".utf8), "web page"),
    ] as [(String, [UInt8], String)]) func areNamed(name: String, bytes: [UInt8], word: String)
  {
    guard case .foreign(_, let found, let advice) = readingError(bytes, as: name) else {
      Issue.record("\(String(describing: readingError(bytes, as: name)))")
      return
    }
    #expect(found.contains(word))
    #expect(!advice.contains("PATH") && !advice.contains("STEM"))
  }

  @Test func archivesOfOthers() throws {
    for (names, word) in [
      (["metadata.json", "config.json", "model.weights.h5"], "Keras"),
      (["[Content_Types].xml", "xl/workbook.xml"], "spreadsheet"), (["a.txt"], "zip"),
    ] {
      let archive = CollectedBytes()
      var writer = ZipWriter(archive)
      for name in names { try writer.begin(name, size: 0, checksum: 0) }
      try writer.finish()
      for path in ["a.npz", "a", "a.unknown"] {
        guard case .foreign(_, let found, _) = readingError(archive.bytes, as: path) else {
          Issue.record(
            "\(path), \(word): \(String(describing: readingError(archive.bytes, as: path)))")
          continue
        }
        #expect(found.contains(word))
      }
    }
  }

  @Test func anArchiveOfNumbersAndTextLoadsTheNumbers() throws {
    let archive = CollectedBytes()
    var writer = ZipWriter(archive)
    for (name, file) in [("names", "text.npy"), ("x", "version1.npy"), ("o", "object.npy")] {
      let content = try fixtureBytes(file)
      let size = content.count
      let sum = zipChecksum(content)
      try writer.begin("\(name).npy", size: size, checksum: sum)
      try archive.write(content)
    }
    try writer.finish()
    guard
      case .record(let tensors, let remarks) = try FileReader.read(
        MemorySource(archive.bytes, place: "a.npz"), path: "a.npz")
    else {
      Issue.record("no record")
      return
    }
    #expect(tensors.map(\.name) == ["x"])
    #expect(
      remarks == [
        .arrayLeftOut(name: "names", type: "text (<U2)"),
        .arrayLeftOut(name: "o", type: "Python objects"),
      ])
  }

  @Test func aTruncatedFileIsNotSaidToLookLikeItself() throws {
    let bytes = try fixtureBytes("mixed.safetensors")
    for length in 9..<bytes.count {
      let message = readingError(Array(bytes.prefix(length)), as: "t.safetensors")?.message ?? ""
      #expect(!message.contains("looks like"))
    }
  }

  /// Devices that never end, under every ending.
  @Test(arguments: [
    "npy", "npz", "csv", "txt", "json", "jsonl", "idx", "png", "jpg", "safetensors", "nnsh", "gz",
    "csv.gz", "pt", "bin",
    "",
  ]) func endlessInputsAreRefused(ending: String) throws {
    let directory = try TemporaryDirectory()
    for device in ["/dev/zero", "/dev/urandom"] {
      let path = directory["\(device.lastPathComponent)\(ending.isEmpty ? "" : ".")\(ending)"]
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: device)
      #expect(loadingError(path) != nil)
    }
    #expect(loadingError("/dev/null") != nil)
  }

  @Test func aSocketIsNoFile() throws {
    let directory = try TemporaryDirectory()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = directory["s.csv"]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    guard case .notAFile = loadingError(path) else {
      Issue.record("\(String(describing: loadingError(path)))")
      return
    }
    #expect(throws: DataError.self) { try FileWriter.write(text: "x", to: path) }
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\u{1B}[2Jb", "a␛[2Jb"), ("\u{9B}31m", "?31m"), ("a\nb", "a⏎b"),
    ("\u{202E}evil", "evil"), ("naïve 数", "naïve 数"), ("\u{7F}", "␡"), ("\0", "␀"),
  ]) func namesAreCleaned(name: String, shown: String) {
    #expect(ShownName.cleaned(name) == shown)
    #expect(ShownName.cleaned(shown) == shown)
  }
}
