import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Writes at a position that may be moved on, leaving a hole.
private final class SparseFile: ByteSink {
  var position = 0
  private let handle: FileHandle?

  init(_ path: String) {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    handle = FileHandle(forWritingAtPath: path)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    handle?.seek(toFileOffset: UInt64(position))
    handle?.write(Data(bytes))
    position += bytes.count
  }
}

@Suite struct NumPyFormatTests {
  @Test(arguments: ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
  func everyNumericTypeInBothByteOrders(kind: String) throws {
    let magnitudes: [Double] = [0, 1, 2, 3, 100, 7]
    let signs: [Double] = kind.hasPrefix("u") ? [1, 1, 1, 1, 1, 1] : [1, -1, 1, -1, 1, 1]
    let expected = zip(magnitudes, signs).map(*)
    let orders = kind.hasSuffix("1") ? ["little"] : ["little", "big"]
    for order in orders {
      let tensor = try loadTensor(fixture("\(order)_\(kind).npy"))
      #expect(tensor.doubles() == expected, "\(order) \(kind)")
      #expect(tensor.shape == [2, 3])
      #expect(tensor.elementType == (kind == "f8" ? .f64 : .f32))
    }
  }

  @Test func boolsScalarsAndEmptyArrays() throws {
    let mask = try loadTensor(fixture("bool.npy"))
    #expect(mask.elementType == .bool)
    #expect(mask.doubles() == [1, 0, 1])
    let scalar = try loadTensor(fixture("scalar.npy"))
    #expect(scalar.rank == 0)
    #expect(scalar.item == 2.5)
    #expect(try loadTensor(fixture("empty.npy")).shape == [0, 3])
  }

  @Test func columnMajorOrderIsTurned() throws {
    let tensor = try loadTensor(fixture("fortran.npy"))
    #expect(tensor.shape == [2, 3, 4])
    #expect(tensor.isContiguous)
    #expect(tensor.doubles() == (0..<24).map(Double.init))
  }

  @Test func integersBeyondFloat32BecomeFloat64() throws {
    let large = try loadTensor(fixture("large_integers.npy"))
    #expect(large.elementType == .f64)
    #expect(large.doubles() == [16_777_217, -5])
    let exact = try loadTensor(fixture("exact_integers.npy"))
    #expect(exact.elementType == .f32)
    #expect(exact.doubles() == [16_777_216, -16_777_216])
  }

  @Test(arguments: 1...3) func headerVersions(version: Int) throws {
    #expect(try loadTensor(fixture("version\(version).npy")).doubles() == [1.5, 2.5])
  }

  @Test func whatIsNotNumbersIsRefused() throws {
    for name in ["object.npy", "pickle.npy", "pickled.npz"] {
      guard case .pickled = loadingError(fixture(name)) else {
        Issue.record("\(name): \(String(describing: loadingError(fixture(name))))")
        continue
      }
    }
    for (name, type) in [("text.npy", "text"), ("complex.npy", "complex")] {
      guard case .unsupportedElements(_, let found) = loadingError(fixture(name)) else {
        Issue.record("\(name) was read")
        continue
      }
      #expect(found.hasPrefix(type))
    }
    guard case .unsupportedElements = loadingError(fixture("structure.npy")) else {
      Issue.record("a structure was read")
      return
    }
  }

  @Test(arguments: ["stored.npz", "deflated.npz"]) func archives(name: String) throws {
    let arrays = try loadTensors(fixture(name))
    #expect(arrays.keys.sorted() == ["W1", "b1", "mask"])
    #expect(arrays["W1"]?.shape == [2, 3])
    #expect(arrays["W1"]?.doubles() == [0, 0.25, 0.5, 0.75, 1, 1.25])
    #expect(arrays["b1"]?.elementType == .f64)
    #expect(arrays["b1"]?.doubles() == [0.1, 0.2, 0.3])
    #expect(arrays["mask"]?.elementType == .bool)
  }

  @Test func aDamagedArchiveFailsItsChecksum() throws {
    var bytes = try fixtureBytes("stored.npz")
    // The second float of W1, whose first elements are 0 and 0.25.
    let pattern: [UInt8] = [0, 0, 0, 0, 0, 0, 0x80, 0x3E]
    let index = try #require(bytes.indices.first { bytes[$0...].starts(with: pattern) })
    bytes[index + 7] = 0x3F
    guard case .checksum(let place) = readingError(bytes, as: "a.npz") else {
      Issue.record("read as sound")
      return
    }
    #expect(place == "a.npz (W1.npy)")
  }

  @Test func headersThatClaimTooMuch() throws {
    var header = NPYHeader.encoded(description: "<f4", dimensions: [1_000_000, 1_000_000])
    guard case .claimsMore = readingError(header, as: "a.npy") else {
      Issue.record("a terabyte was believed")
      return
    }
    header = NPYHeader.encoded(description: "<f4", dimensions: [1 << 40, 1 << 40])
    guard case .claimsMore = readingError(header, as: "a.npy") else {
      Issue.record("an overflowing shape was believed")
      return
    }
  }

  @Test func nestedHeadersEnd() {
    let text = String(repeating: "(", count: 60_000)
    let bytes = NPYHeader.magic + [1, 0, 0x60, 0xEA] + Array(text.utf8)
    guard case .malformed = readingError(bytes, as: "a.npy") else {
      Issue.record("a nest of brackets was read")
      return
    }
  }

  @Test func severalArraysInOneFileAreNotSilentlyDropped() throws {
    let bytes = try fixtureBytes("version1.npy")
    guard case .malformed = readingError(bytes + bytes, as: "a.npy") else {
      Issue.record("the second array was dropped")
      return
    }
  }

  @Test func roundTrips() throws {
    let directory = try TemporaryDirectory()
    let tensors = [
      try tensor([1.5, -2, .infinity], [3]), try tensor([0.1, 0.2, 0.3, 1e-300], [2, 2], .f64),
      try tensor([1, 0, 1], [3], .bool), try tensor([7], []), try tensor([], [0, 3]),
      try tensor((0..<24).map(Double.init), [2, 3, 4]).transposed(),
    ]
    for (index, tensor) in tensors.enumerated() {
      let path = directory["\(index).npy"]
      try FileWriter.write(.tensor(tensor), to: path)
      let read = try loadTensor(path)
      #expect(read.shape == tensor.shape)
      #expect(read.elementType == tensor.elementType)
      #expect(read.doubles() == tensor.doubles())
    }
    let named = tensors.enumerated().map { NamedTensor(name: "t\($0.offset)", tensor: $0.element) }
    try FileWriter.write(.record(named), to: directory["all.npz"])
    let arrays = try loadTensors(directory["all.npz"])
    for one in named { #expect(arrays[one.name]?.doubles() == one.tensor.doubles()) }
  }

  @Test func archivesBeyondFourGigabytes() throws {
    // A file with a hole: the writer's headers stand at their places, what is between takes no
    // room on the disk.
    let directory = try TemporaryDirectory()
    let path = directory["large.npz"]
    let sink = SparseFile(path)
    let size = 5 << 30
    var writer = ZipWriter(sink)
    try writer.begin("hole.npy", size: size, checksum: 0)
    sink.position += size
    let small = NPYHeader.encoded(description: "|u1", dimensions: [0])
    try writer.begin("small.npy", size: small.count, checksum: 0x1234)
    try sink.write(small)
    try writer.finish()
    let directoryOfFile = try ZipDirectory(try FileSource.open(path))
    let entries = directoryOfFile.entries
    #expect(entries.map(\.name) == ["hole.npy", "small.npy"])
    #expect(entries.first?.size == size)
    #expect(entries.last.map { $0.headerOffset > size } == true)
    let last = try #require(entries.last)
    #expect(try directoryOfFile.stream(last).bytes(small.count, part: "all") == small)
    // The checksum given above is not its own.
    #expect(throws: DataError.self) {
      var rounded = RoundedIntegers()
      _ = try NPYFile.read(try directoryOfFile.stream(last), noting: &rounded)
    }
  }

  @Test func anArchiveKeepsANetworksNotes() throws {
    let directory = try TemporaryDirectory()
    let weights = [NamedTensor(name: "W1", tensor: try tensor([1, 2], [2]))]
    for name in ["net.npz", "net.safetensors", "net.nnsh"] {
      try FileWriter.write(
        .parameters(weights, notes: ["layers": "dense \"é\"\n"]), to: directory[name])
      guard case .file(.parameters(let read, let notes, _)) = try Loader.load(directory[name])
      else {
        Issue.record("\(name) holds no parameters")
        continue
      }
      #expect(read.map(\.name) == ["W1"])
      #expect(notes == ["layers": "dense \"é\"\n"])
    }
  }
}
