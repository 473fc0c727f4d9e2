import Syntax
import Tensors

extension FileFormat {
  package static let torch = FileFormat(
    "a PyTorch file", endings: [".pt", ".pth"], otherEndings: [".ckpt", ".bin"],
    begins: { TorchFile.isOldForm($0) || npz.begins($0) },
    isNamedInZip: { names in names.contains { $0.hasSuffix("/data.pkl") } },
    read: { (source) throws(DataError) in try TorchFile(source).contents() })
}

/// What `torch.save` writes: a zip archive with a pickle, `data.pkl`, that tells how tensors lie in
/// storages, and each storage as a file of its own, `data/0`, `data/1`, ….
///
/// The pickle is read by a machine of our own that runs nothing (`Pickle`). Storages that several
/// tensors share are read once; a tensor that lies in its storage by other strides than its own
/// order is copied out of it.
struct TorchFile {
  private let source: any ByteSource
  private let directory: ZipDirectory
  /// What stands before `data.pkl` and `data/` in the names of the archive.
  private let root: String
  private let entries: [String: ZipEntry]
  private let isBigEndian: Bool

  /// The number that files from before PyTorch 1.6 begin with, as a pickle of its own.
  private static let oldBeginning: [UInt8] = [
    0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  static func isOldForm(_ beginning: [UInt8]) -> Bool { beginning.starts(with: oldBeginning) }

  init(_ source: any ByteSource) throws(DataError) {
    let place = source.place
    if Self.isOldForm(try source.prefix(Self.oldBeginning.count)) {
      throw ForeignFile.oldPyTorch.error(place)
    }
    self.source = source
    directory = try ZipDirectory(source, as: .torch)
    var entries: [String: ZipEntry] = [:]
    for entry in directory.entries {
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw .malformed(
          place: place, format: .torch, reason: "it holds \(ShownName.cleaned(entry.name)) twice")
      }
    }
    guard let pickle = directory.entries.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
      throw .malformed(place: place, format: .torch, reason: "it holds no data.pkl")
    }
    root = String(pickle.name.dropLast("data.pkl".count))
    if entries[root + "constants.pkl"] != nil { throw ForeignFile.torchScript.error(place) }
    self.entries = entries
    if let order = entries[root + "byteorder"] {
      isBigEndian = try directory.stream(order).beginning(3) == Array("big".utf8)
    } else {
      isBigEndian = false
    }
  }

  func contents() throws(DataError) -> FileContents {
    guard let entry = entries[root + "data.pkl"] else { throw .empty(path: source.place) }
    let bytes = try directory.stream(entry).remainingBytes()
    // Each byte may make a value, with its place in the memo.
    try MemoryLimit.require(bytes.count.multipliedSaturating(256), for: source.place)
    var pickle = Pickle(bytes, place: source.place)
    let root = try pickle.run()
    // Values that are used again cost a byte or two each; more of them than this is a bomb.
    var reading = Reading(file: self, heap: pickle.heap, allowance: 16 * bytes.count + 1000)
    let value = try reading.value(of: root, name: "", depth: 0)
    return .nested(value, remarks: reading.remarks)
  }

  // MARK: storages

  /// All numbers of a storage, in one axis.
  fileprivate func numbers(
    _ storage: TorchStorage, _ format: ElementFormat, noting rounded: inout RoundedIntegers
  ) throws(DataError) -> Tensor {
    let name = "\(root)data/\(storage.key)"
    guard let entry = entries[name] else {
      throw .malformed(
        place: source.place, format: .torch,
        reason: "its storage \(ShownName.cleaned(storage.key)) is missing")
    }
    var format = format
    format.isBigEndian = isBigEndian
    let count = storage.format == nil ? storage.count / format.size : storage.count
    let stream = try directory.stream(entry)
    let decoder = ElementDecoder(stream: stream, format: format)
    let numbers = try decoder.tensor(dimensions: [count], noting: &rounded)
    // Asking for the end compares the checksum.
    _ = try stream.isAtEnd()
    return numbers
  }
}

/// What is known while the values of a pickle become those of the language.
private struct Reading {
  let file: TorchFile
  let heap: PickleHeap
  /// How many more values may be made.
  var allowance: Int
  var remarks: [LoadRemark] = []
  private var storages: [Key: Tensor] = [:]

  private struct Key: Hashable {
    let storage: String
    let format: ElementFormat
  }

  /// As deep as brackets may be nested in a text of JSON, by far.
  private static let deepest = 200

  init(file: TorchFile, heap: PickleHeap, allowance: Int) {
    (self.file, self.heap, self.allowance) = (file, heap, allowance)
  }

  /// - Parameter name: the path of keys to the value, for messages.
  mutating func value(
    of value: PickleValue, name: String, depth: Int
  ) throws(DataError) -> NestedValue {
    allowance -= 1
    guard depth <= Self.deepest, allowance >= 0 else {
      throw malformed(
        depth > Self.deepest
          ? "its values are nested more than \(Self.deepest) deep, or hold themselves"
          : "a few values in it stand for more than the file could hold")
    }
    switch value {
    case .none: return .none
    case .bool(let truth): return .bool(truth)
    case .integer(let number): return .number(Double(number))
    case .number(let number): return .number(number)
    case .text(let text): return .text(text)
    case .global(let name):
      guard TorchGlobals.isType(name) else {
        throw .pythonObject(place: file.place, name: ShownName.cleaned(name), isWhole: false)
      }
      return .text(name)
    case .opaque(let what):
      throw .unsupportedElements(place: place(name), type: what)
    case .object: return try object(value, name, depth)
    }
  }

  private mutating func object(
    _ value: PickleValue, _ name: String, _ depth: Int
  ) throws(DataError) -> NestedValue {
    switch heap.object(value) {
    case .tensor(let tensor): return .tensor(try self.tensor(tensor, name))
    case .storage, nil: throw malformed("it holds a storage that is no tensor's")
    case .list(let elements), .tuple(let elements):
      var values: [NestedValue] = []
      for (index, element) in elements.enumerated() {
        values.append(try self.value(of: element, name: "\(name)[\(index)]", depth: depth + 1))
      }
      return .list(values)
    case .dictionary(let entries):
      return .record(try fields(entries, name, depth))
    }
  }

  /// As in Python, the last of several values of a key counts, in the place of the first.
  private mutating func fields(
    _ entries: [(key: PickleValue, value: PickleValue)], _ name: String, _ depth: Int
  ) throws(DataError) -> [(name: String, value: NestedValue)] {
    var fields: [(name: String, value: NestedValue)] = []
    var places: [String: Int] = [:]
    for (key, value) in entries {
      let text: String
      switch key {
      case .text(let word): text = ShownName.cleaned(word)
      case .integer(let number): text = String(number)
      case .bool(let truth): text = truth ? "True" : "False"
      default: throw malformed("a key of \(name.isEmpty ? "it" : name) is no string or number")
      }
      let inner = try self.value(
        of: value, name: name.isEmpty ? text : "\(name).\(text)", depth: depth + 1)
      if let place = places[text] {
        fields[place].value = inner
      } else {
        places[text] = fields.count
        fields.append((text, inner))
      }
    }
    return fields
  }

  private mutating func tensor(_ tensor: TorchTensor, _ name: String) throws(DataError) -> Tensor {
    let key = Key(storage: tensor.storage.key, format: tensor.format)
    let numbers: Tensor
    if let known = storages[key], known.count == held(tensor) {
      numbers = known
    } else {
      var rounded = RoundedIntegers()
      numbers = try file.numbers(tensor.storage, tensor.format, noting: &rounded)
      remarks += rounded.remarks(name: name.isEmpty ? nil : name)
      storages[key] = numbers
    }
    let count = tensor.dimensions.checkedProduct ?? .max
    try MemoryLimit.require(count.multipliedSaturating(8), for: place(name))
    return try tensorResult { () throws(TensorError) in
      try numbers.copied(
        offset: tensor.offset, dimensions: tensor.dimensions, strides: tensor.strides)
    }
  }

  private func held(_ tensor: TorchTensor) -> Int {
    tensor.storage.format == nil
      ? tensor.storage.count / tensor.format.size : tensor.storage.count
  }

  private func place(_ name: String) -> String {
    name.isEmpty ? file.place : "\(file.place) (\(name))"
  }

  private func malformed(_ reason: String) -> DataError {
    .malformed(place: file.place, format: .torch, reason: reason)
  }
}

extension TorchFile {
  fileprivate var place: String { source.place }
}
