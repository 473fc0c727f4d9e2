import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Files of `torch.save`; see Fixtures/make_torch.py for what each holds.
@Suite struct TorchFileTests {
  /// The tensors of a value by their paths: `optimizer.state.0.exp_avg`.
  private func tensors(_ value: NestedValue, _ path: String = "") -> [String: Tensor] {
    switch value {
    case .tensor(let tensor): return [path: tensor]
    case .record(let fields):
      return fields.reduce(into: [:]) { result, field in
        let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
        result.merge(tensors(field.value, inner)) { first, _ in first }
      }
    default: return [:]
    }
  }

  private func read(_ name: String) throws -> NestedValue {
    switch try FileReader.read(fixture("torch/\(name).pt")) {
    case .tensor(let tensor, _): return .tensor(tensor)
    case .record(let arrays, _): return .record(arrays.map { ($0.name, .tensor($0.tensor)) })
    case .tree(let tree, _): return tree
    default:
      Issue.record("\(name) is read as something else")
      return .none
    }
  }

  @Test func everyTensorIsAsPyTorchReadsIt() throws {
    let expected = try loadTensors(fixture("torch/expected.npz"))
    #expect(expected.count > 60)
    var known: [String: [String: Tensor]] = [:]
    for (label, array) in expected {
      let parts = label.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      if known[parts[0]] == nil { known[parts[0]] = tensors(try read(parts[0])) }
      let tensor = try #require(known[parts[0]]?[parts[1]], "\(label)")
      #expect(tensor.shape == array.shape, "\(label)")
      #expect(tensor.isContiguous, "\(label)")
      for (a, b) in zip(tensor.doubles(), array.doubles()) {
        #expect(a == b || a.isNaN && b.isNaN, "\(label): \(a) for \(b)")
      }
    }
  }

  @Test func typesAreKept() throws {
    let types = tensors(try read("types"))
    #expect(types["f64"]?.elementType == .f64)
    #expect(types["bool"]?.elementType == .bool)
    for name in ["f32", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "u16", "u32"] {
      #expect(types[name]?.elementType == .f32, "\(name)")
    }
  }

  @Test func whatATrainingKeeps() throws {
    guard case .record(let fields) = try read("checkpoint") else {
      Issue.record("no record")
      return
    }
    var values: [String: NestedValue] = [:]
    for field in fields { values[field.name] = field.value }
    func number(_ name: String) -> Double? {
      if case .number(let number)? = values[name] { number } else { nil }
    }
    func text(_ name: String) -> String? {
      if case .text(let text)? = values[name] { text } else { nil }
    }
    #expect(number("epoch") == 3 && number("best") == 0.25)
    #expect(number("negative") == -70_000 && number("large") == 0x1p40)
    #expect(text("name") == "run é" && text("device") == "cpu" && text("type") == "torch.float32")
    if case .bool(false)? = values["done"] {} else { Issue.record("done") }
    if case .some(.none) = values["nothing"] {} else { Issue.record("nothing") }
    if case .list(let sizes)? = values["sizes"] {
      #expect(sizes.count == 2)
    } else {
      Issue.record("sizes")
    }
    if case .list(let shape)? = values["shape"] {
      #expect(shape.count == 2)
    } else {
      Issue.record("shape")
    }
    #expect(fields.map(\.name).prefix(3) == ["epoch", "best", "name"])
  }

  @Test(arguments: [
    ("module", "a saved torch.nn.modules.container.Sequential", "model.state_dict()"),
    ("old", "the form before version 1.6", "torch.save(torch.load("),
    ("scalars", "numpy", "torch.save("), ("complex", "torch.ComplexFloatStorage", "save numbers"),
    ("script", "a TorchScript program", "torch.jit.load("),
  ]) func isRefusedWithTheLineThatHelps(name: String, words: String, advice: String) throws {
    let error = try #require(loadingError(fixture("torch/\(name).pt")))
    #expect(error.message.contains(words), "\(error.message)")
    #expect(error.suggestions.joined().contains(advice), "\(error.suggestions)")
  }

  @Test func theContentTellsWhatTheNameDoesNot() throws {
    let directory = try TemporaryDirectory()
    let bytes = try fixtureBytes("torch/tensor.pt")
    for name in ["a.bin", "a.ckpt", "a", "a.pth.tar"] {
      let path = try directory.write(bytes, name)
      #expect(try FileReader.read(path).kind == .tensor, "\(name)")
    }
    guard case .wrongMagic = loadingError(try directory.write(bytes, "a.npz")) else {
      Issue.record("read as .npz")
      return
    }
    guard
      case .wrongMagic = loadingError(try directory.write(try fixtureBytes("stored.npz"), "b.pt"))
    else {
      Issue.record("read as .pt")
      return
    }
  }

  // MARK: hostile files

  private func archive(_ pickle: [UInt8], storages: [[UInt8]] = []) throws -> [UInt8] {
    let sink = CollectedBytes()
    var writer = ZipWriter(sink)
    let files =
      [("m/data.pkl", pickle)] + storages.enumerated().map { ("m/data/\($0.offset)", $0.element) }
    for (name, content) in files {
      try writer.begin(name, size: content.count, checksum: zipChecksum(content))
      try sink.write(content)
    }
    try writer.finish()
    return sink.bytes
  }

  /// A tensor in a storage that says to have `claimed` floats.
  private func tensor(
    offset: Int, _ size: [Int], _ strides: [Int], claimed: Int, type: String = "FloatStorage"
  ) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
      var bytes: [UInt8] = [0x8A, 8]
      bytes.append(little: Int64(value))
      return bytes
    }
    func text(_ value: String) -> [UInt8] { [0x8C, UInt8(value.utf8.count)] + Array(value.utf8) }
    func tuple(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(number) + [0x74] }
    var bytes = [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [0x28, 0x28]
    bytes += text("storage") + Array("ctorch\n\(type)\n".utf8) + text("0") + text("cpu")
    bytes += number(claimed) + [0x74, 0x51] + number(offset) + tuple(size) + tuple(strides)
    return bytes + [0x89] + Array("ccollections\nOrderedDict\n".utf8) + [
      0x29, 0x52, 0x74, 0x52, 0x2E,
    ]
  }

  private func error(_ pickle: [UInt8], storages: [[UInt8]] = []) throws -> DataError? {
    readingError(try archive(pickle, storages: storages), as: "m.pt")
  }

  @Test func aSoundTensorIsRead() throws {
    let storage = [UInt8](repeating: 0, count: 24)
    #expect(
      try error(tensor(offset: 1, [2, 2], [2, 1], claimed: 6), storages: [storage]) == nil)
  }

  @Test(
    arguments: [
      (offset: 0, size: [7], strides: [1], claimed: 6), (5, [2], [1], 6), (-1, [2], [1], 6),
      (0, [2], [-1], 6), (0, [-2], [1], 6), (0, [2, 2], [1], 6), (0, [.max], [1], 6),
      (0, [.max, .max], [1, 1], 6), (0, [2], [.max], 6), (.max, [1], [1], 6), (0, [2], [1], -1),
      (0, [7], [1], 7), (0, [1 << 40], [0], 6), (0, [1 << 20, 1 << 20], [0, 0], 6),
      (0, [6], [1], 1 << 40),
      (0, Array(repeating: 1, count: 65), Array(repeating: 1, count: 65), 6),
    ] as [(offset: Int, size: [Int], strides: [Int], claimed: Int)])
  func tensorsBeyondTheirStorage(offset: Int, size: [Int], strides: [Int], claimed: Int) throws {
    let pickle = tensor(offset: offset, size, strides, claimed: claimed)
    #expect(
      try error(pickle, storages: [[UInt8](repeating: 0, count: 24)]) != nil)
  }

  @Test(arguments: [
    "", "N", ".", "(.", "N(.", "h\u{0}.", "N0.", "a.", "]a.", "e.", "}s.", "NNs.", "}(Nu.",
    "]}s.", "R.", "N)R.", "cos\nsystem\n(X\u{2}\u{0}\u{0}\u{0}lstR.", "cbuiltins\neval\n.",
    "c__main__\nNet\n)\u{81}.", "ccollections\nOrderedDict\n.", "ccollections\nOrderedDict\nNR.",
    "ctorch\nFloatStorage\n)R.", "NQ.", ")Q.", "X\u{7F}\u{7F}\u{7F}\u{7F}a.", "Nb.", "]Nb.",
    "i\n\n.",
    "(Nt(Nt(1.", "Nq\u{0}0h\u{0}h\u{0}.", "I99999999999999999999\n.", "Fx\n", "P1\n.", "\u{1}.",
  ]) func unsoundPickles(text: String) throws {
    #expect(try error(Array(text.unicodeScalars.map { UInt8($0.value) })) != nil)
  }

  /// Values that stand for many times their size, and values within themselves.
  @Test func bombs() throws {
    var layers: [UInt8] = Array("]".utf8)
    for level in UInt8(0)..<60 {
      // A list that holds the list before it twice.
      layers += Array("q".utf8) + [level] + Array("0](h".utf8) + [level]
      layers += Array("h".utf8) + [level] + Array("e".utf8)
    }
    #expect(try error(layers + Array(".".utf8)) != nil)
    // A list in itself.
    #expect(try error(Array("]q\0h\0a.".utf8)) != nil)
    // A million lists in one another, and as many tuples: no recursion, also when they go.
    let depth = 1_000_000
    #expect(
      try error(
        [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
          + [0x2E]) != nil)
    #expect(try error([0x4E] + [UInt8](repeating: 0x85, count: depth) + [0x2E]) != nil)
  }

  @Test func damagedFilesGiveErrorsOrNumbers() throws {
    var generator = SplitMix(state: 11)
    for name in ["state", "checkpoint", "strides", "protocol4", "module", "types"] {
      let bytes = try fixtureBytes("torch/\(name).pt")
      for _ in 0..<60 {
        _ = readingError(Array(bytes.prefix(generator.below(bytes.count))), as: "m.pt")
        var changed = bytes
        changed[generator.below(bytes.count)] = UInt8(generator.below(256))
        _ = readingError(changed, as: "m.pt")
      }
      // The pickle alone, its checksum made right again.
      let directory = try ZipDirectory(MemorySource(bytes, place: "m.pt"))
      let entry = try #require(directory.entries.first { $0.name.hasSuffix("data.pkl") })
      let pickle = try directory.stream(entry).remainingBytes()
      for _ in 0..<300 {
        var changed = pickle
        for _ in 0...generator.below(3) {
          changed[generator.below(pickle.count)] = UInt8(generator.below(256))
        }
        _ = try error(changed, storages: [[UInt8](repeating: 1, count: 96)])
      }
    }
  }
}
