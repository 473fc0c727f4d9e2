import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

@Suite struct IDXFormatTests {
  @Test(arguments: ["i1", "i2", "i4", "f4", "f8"]) func elementTypes(kind: String) throws {
    let tensor = try loadTensor(fixture("\(kind).idx"))
    #expect(tensor.doubles() == [1, -2, 3])
    #expect(tensor.elementType == (kind == "f8" ? .f64 : .f32))
  }

  @Test func compressedOrNot() throws {
    let images = try loadTensor(fixture("tiny/train-images-idx3-ubyte.gz"))
    #expect(images.shape == [12, 3, 2])
    #expect(images.doubles().prefix(6) == [0, 255, 51, 102, 153, 204])
    let labels = try loadTensor(fixture("tiny/t10k-labels-idx1-ubyte"))
    #expect(labels.doubles() == [0, 1, 2, 3])
  }

  @Test func aHeaderThatClaimsMoreThanTheFileHolds() {
    let bytes: [UInt8] = [0, 0, 8, 3, 0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3]
    let error = readingError(bytes, as: "images.idx")
    #expect(
      error?.message
        == "images.idx: its header claims 60000×28×28 elements of 1 byte, "
        + "but the file holds 3 bytes of data")
    let huge: [UInt8] = [0, 0, 14, 3] + [UInt8](repeating: 0xFF, count: 12)
    guard case .claimsMore = readingError(huge, as: "images.idx") else {
      Issue.record("believed")
      return
    }
  }

  @Test func otherFilesAreNamedForWhatTheyAre() {
    guard
      case .wrongMagic(_, .idx, let looksLike) = readingError(
        [0x89, 0x50, 0x4E, 0x47, 0, 0], as: "images.idx")
    else {
      Issue.record("read")
      return
    }
    #expect(looksLike == "a PNG image")
  }
}

@Suite struct PNGFormatTests {
  @Test func aSmallImage() throws {
    let grey = try loadTensor(fixture("grey.png"))
    #expect(grey.shape == [2, 3])
    let bytes = grey.doubles().map { ($0 * 255).rounded() }
    #expect(bytes == [0, 51, 255, 102, 153, 204])
    let colour = try loadTensor(fixture("colour.png"))
    #expect(colour.shape == [1, 2, 3])
    #expect(colour.doubles() == [1, 0, 0, 0, 1, 0])
    // Transparency is a channel.
    #expect(try loadTensor(fixture("alpha.png")).shape == [1, 2, 2])
    #expect(try loadTensor(fixture("alpha.png")).doubles() == [0, 1, 0, 0])
  }

  /// Every colour type, depth and interlacing, with the chunks that say how to show the samples:
  /// none of these changes a sample. See Fixtures/make_images.py.
  @Test func samplesComeAsTheyAreStored() throws {
    let contents = try loadTensors(fixture("images.npz"))
    let names = contents.keys.filter { $0.hasSuffix(".png") }
    #expect(names.count == 184)
    for name in names {
      let bytes = try #require(contents[name]).doubles().map { UInt8($0) }
      let expected = try #require(contents[name.dropLast(4) + ".samples"])
      let read = try PNGFile.read(SourceStream(MemorySource(bytes, place: name)))
      #expect(read.shape == expected.shape, "\(name)")
      let differs = zip(read.doubles(), expected.doubles()).contains { abs($0 - $1) > 1e-7 }
      #expect(!differs, "\(name)")
    }
  }

  @Test(arguments: [
    (1, 255.0), (2, 255), (3, 255), (4, 255), (1, 65_535), (3, 65_535), (4, 65_535),
  ])
  func whatIsSavedIsReadBack(channels: Int, largest: Double) throws {
    let directory = try TemporaryDirectory()
    let values = (0..<(4 * 5 * channels)).map {
      Double(Float(Double($0 * 7919 % Int(largest + 1)) / largest))
    }
    let image = try tensor(values, channels == 1 ? [4, 5] : [4, 5, channels])
    try FileWriter.write(.tensor(image), to: directory["a.png"])
    let read = try loadTensor(directory["a.png"])
    #expect(read.shape == image.shape)
    #expect(read.doubles() == image.doubles())
  }

  /// The chunks of a small image with one of them changed, and its checksum made right again: what
  /// a checksum does not catch.
  @Test func hostileImagesNeverCrash() throws {
    let contents = try loadTensors(fixture("images.npz"))
    var generator = SplitMix(state: 3)
    for name in contents.keys.sorted() where name.hasSuffix(".png") {
      let bytes = try #require(contents[name]).doubles().map { UInt8($0) }
      for _ in 0..<6 {
        var changed = bytes
        changed[8 + generator.below(bytes.count - 8)] = UInt8(generator.below(256))
        _ = readingError(pngWithSoundChecksums(changed), as: name)
        _ = readingError(Array(changed.prefix(generator.below(changed.count))), as: name)
      }
    }
  }

  /// The second has rows of a gigabyte, which nobody may begin to make.
  @Test(arguments: [
    [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF], [0x40, 0, 0, 5, 0, 0, 0, 6],
  ]) func anImageLargerThanItsFileIsRefused(_ size: [UInt8]) throws {
    var bytes = try fixtureBytes("grey.png")
    bytes.replaceSubrange(16..<24, with: size)
    guard case .claimsMore = readingError(pngWithSoundChecksums(bytes), as: "a.png") else {
      Issue.record("\(String(describing: readingError(bytes, as: "a.png")))")
      return
    }
  }

  private func pngWithSoundChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    var position = 8
    while position + 12 <= result.count {
      let length = result[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= result.count - position - 12 else { break }
      let sum = zipChecksum(result[(position + 4)..<(position + 8 + length)])
      for index in 0..<4 {
        result[position + 8 + length + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * index))
      }
      position += 12 + length
    }
    return result
  }

  @Test func roundTrips() throws {
    let directory = try TemporaryDirectory()
    let values = (0..<24).map { Double(Float(Double($0 * 10) / 255)) }
    for dimensions in [[4, 6], [2, 4, 3]] {
      let image = try tensor(values, dimensions)
      try FileWriter.write(.tensor(image), to: directory["a.png"])
      let read = try loadTensor(directory["a.png"])
      #expect(read.shape == image.shape)
      #expect(zip(read.doubles(), image.doubles()).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    try FileWriter.write(.tensor(try tensor([0, 128, 255, 7], [2, 2])), to: directory["b.png"])
    let read = try loadTensor(directory["b.png"]).doubles().map { ($0 * 255).rounded() }
    #expect(read == [0, 128, 255, 7])
  }

  @Test func whatIsNoImage() throws {
    let directory = try TemporaryDirectory()
    for values in [[0, -0.5], [0, 1.5], [0, .nan]] {
      #expect(throws: DataError.self) {
        try FileWriter.write(.tensor(try tensor(values, [1, 2])), to: directory["a.png"])
      }
    }
    for dimensions in [[4], [1, 2, 5], [0, 3]] {
      let count = dimensions.reduce(1, *)
      #expect(throws: DataError.self) {
        let values = [Double](repeating: 0, count: count)
        try FileWriter.write(.tensor(try tensor(values, dimensions)), to: directory["a.png"])
      }
    }
    #expect(directory.names.isEmpty)
  }
}

@Suite struct SafetensorsFormatTests {
  private func file(_ header: String, data: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: UInt64(header.utf8.count))
    return bytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  @Test func everyType() throws {
    let arrays = try loadTensors(fixture("mixed.safetensors"))
    #expect(arrays["w"]?.shape == [2, 2])
    #expect(arrays["w"]?.doubles() == [1, 2, 3, 4])
    #expect(arrays["h"]?.doubles() == [0.5, -1.5])
    #expect(arrays["b"]?.doubles() == [1.5, -2])
    #expect(arrays["i"]?.doubles() == [7, -7])
    #expect(arrays["m"]?.elementType == .bool)
    #expect(arrays["s"]?.item == 0.1)
    guard case .file(.parameters(_, let notes, _)) = try Loader.load(fixture("mixed.safetensors"))
    else {
      Issue.record("no parameters")
      return
    }
    #expect(notes == ["format": "np", "note": "é \"quoted\""])
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999]}}"#,
    #"{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":7}"#, "[]", "{", "", #"{"a":"\ud800"}"#,
  ]) func hostileHeaders(header: String) {
    #expect(readingError(file(header, data: 8), as: "a.safetensors") != nil)
  }

  @Test func nestedAndOverlongHeaders() {
    let nest = String(repeating: "[", count: 100_000)
    #expect(readingError(file(nest, data: 0), as: "a.safetensors") != nil)
    let claim = [UInt8](repeating: 0xFF, count: 8) + Array("{}".utf8)
    guard case .claimsMore = readingError(claim, as: "a.safetensors") else {
      Issue.record("believed")
      return
    }
  }

  @Test func roundTrips() throws {
    let directory = try TemporaryDirectory()
    let tensors = [
      NamedTensor(name: "m", tensor: try tensor([1, 0, 1], [3], .bool)),
      NamedTensor(name: "w \"1\"", tensor: try tensor([1, 2, 3, 4], [2, 2])),
      NamedTensor(name: "d", tensor: try tensor([0.1], [], .f64)),
    ]
    try FileWriter.write(.record(tensors), to: directory["a.safetensors"])
    let read = try loadTensors(directory["a.safetensors"])
    for one in tensors {
      #expect(read[one.name]?.shape == one.tensor.shape)
      #expect(read[one.name]?.elementType == one.tensor.elementType)
      #expect(read[one.name]?.doubles() == one.tensor.doubles())
    }
  }
}
