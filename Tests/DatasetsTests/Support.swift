import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// The path of a committed fixture; see Fixtures/make.py for what each holds.
func fixture(_ name: String, file: String = #filePath) -> String {
  URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures")
    .appendingPathComponent(name).path
}

func fixtureBytes(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
}

/// A directory of its own, removed when the value goes away.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "nnsh-datasets-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(name: String) -> String { path + "/" + name }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
    return self[name]
  }

  func write(_ text: String, _ name: String) throws -> String {
    try write(Array(text.utf8), name)
  }

  var names: [String] { directoryEntries(path) }
}

/// The tensor in a file that holds one.
func loadTensor(_ path: String) throws -> Tensor {
  guard case .file(.tensor(let tensor, _)) = try Loader.load(path) else {
    throw DataError.unknownFormat(path: path, writing: false)
  }
  return tensor
}

/// The named tensors in a file that holds several.
func loadTensors(_ path: String) throws -> [String: Tensor] {
  let tensors: [NamedTensor]
  switch try Loader.load(path) {
  case .file(.record(let named, _)), .file(.parameters(let named, _, _)): tensors = named
  default: throw DataError.unknownFormat(path: path, writing: false)
  }
  return Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
}

/// The error that loading gives, `nil` where it gives none.
func loadingError(_ path: String) -> DataError? {
  do throws(DataError) {
    _ = try Loader.load(path)
    return nil
  } catch {
    return error
  }
}

/// The error of reading bytes under a file's name.
func readingError(_ bytes: [UInt8], as name: String) -> DataError? {
  do throws(DataError) {
    _ = try FileReader.read(MemorySource(bytes, place: name), path: name)
    return nil
  } catch {
    return error
  }
}

func tensor(_ values: [Double], _ dimensions: [Int], _ type: ElementType = .f32) throws -> Tensor {
  try Tensor(doubles: values, Shape(checking: dimensions), elementType: type)
}

/// Collects what is written.
final class CollectedBytes: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ raw: UnsafeRawBufferPointer) throws(DataError) { bytes.append(contentsOf: raw) }
}

/// The checksum (CRC-32) of ZIP and PNG files, bit by bit: not the way that nnsh computes it.
func zipChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var sum: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  return ~sum
}
