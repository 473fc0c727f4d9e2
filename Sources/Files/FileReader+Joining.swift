import Tensors

extension FileReader {
  /// Reads files that hold parts of the same arrays or table, and joins their rows in the order given.
  /// Arrays that only one of the files names are taken as they are, where no two name the same.
  ///
  /// - Parameter isMapped: whether numbers that are in the files as they are in memory stay there, to
  ///   be read when they are used.
  package static func read(
    joining paths: [String], isMapped: Bool = false
  ) throws(DataError) -> FileContents {
    guard let first = paths.first else { throw .noFiles }
    guard paths.count > 1 else { return try read(first, isMapped: isMapped) }
    var joined = JoinedContents(first: first)
    for path in paths {
      // A file's mapping is kept no longer than until it is known what is in it where: there may be
      // more files than the system maps.
      try joined.append(try read(path, isMapped: isMapped), path)
    }
    return try joined.contents()
  }
}

/// What files hold together.
private struct JoinedContents {
  /// The first file, with which the others are compared.
  let first: String
  private var kind: FileContents.Kind?
  private var arrays: [JoinedArray] = []
  private var table: [TableColumn] = []
  private var remarks: [LoadRemark] = []

  init(first: String) { self.first = first }

  mutating func append(_ contents: FileContents, _ path: String) throws(DataError) {
    let kind = contents.kind == .parameters ? .record : contents.kind
    if let known = self.kind, known != kind {
      throw .partsDiffer(
        path: path, found: contents.words, first: first, expected: "another kind of content")
    }
    self.kind = kind
    switch contents {
    case .tensor(let tensor, let found):
      remarks += found
      try append([NamedTensor(name: "", tensor: tensor)], path)
    case .record(let tensors, let found):
      remarks += found
      try append(tensors, path)
    case .parameters(let tensors, let notes, let found)
    where notes.isEmpty || Array(notes.keys) == ["format"]:
      remarks += found
      try append(tensors, path)
    case .table(let columns, let found):
      remarks += found
      try append(columns, path)
    default: throw .notJoined(path: path, found: contents.words)
    }
  }

  func contents() throws(DataError) -> FileContents {
    var told: [LoadRemark] = []
    for remark in remarks where !told.contains(remark) { told.append(remark) }
    if kind == .table { return .table(table, remarks: told) }
    var tensors: [NamedTensor] = []
    for array in arrays { tensors.append(try array.joined()) }
    guard kind == .tensor, let only = tensors.first else { return .record(tensors, remarks: told) }
    return .tensor(only.tensor, remarks: told)
  }

  // MARK: arrays

  private mutating func append(_ tensors: [NamedTensor], _ path: String) throws(DataError) {
    let known = tensors.filter { tensor in arrays.contains { $0.name == tensor.name } }
    if known.isEmpty {
      guard arrays.allSatisfy({ $0.fileCount == 1 }) else { throw lacking(tensors, path) }
      arrays += tensors.map { JoinedArray($0, path) }
      return
    }
    guard known.count == tensors.count, known.count == arrays.count else {
      throw lacking(tensors, path)
    }
    for tensor in tensors {
      guard let place = arrays.firstIndex(where: { $0.name == tensor.name }) else { continue }
      try arrays[place].append(tensor.tensor, path)
    }
  }

  private func lacking(_ tensors: [NamedTensor], _ path: String) -> DataError {
    func names(_ list: [String]) -> String { list.prefix(6).joined(separator: ", ") }
    return .partsDiffer(
      path: path, found: "a record of " + names(tensors.map(\.name)), first: first,
      expected: "one of " + names(arrays.map(\.name)))
  }

  // MARK: tables

  private mutating func append(_ columns: [TableColumn], _ path: String) throws(DataError) {
    if table.isEmpty {
      table = columns
      return
    }
    guard columns.map(\.name) == table.map(\.name) else {
      throw .partsDiffer(
        path: path, found: "a table with the columns " + Self.names(columns), first: first,
        expected: "one with " + Self.names(table))
    }
    for (place, column) in columns.enumerated() {
      switch (table[place].content, column.content) {
      case (.numbers(let own), .numbers(let more)):
        table[place].content = .numbers(
          try tensorResult { () throws(TensorError) in try Tensor.concatenate([own, more]) })
      case (.texts(let own), .texts(let more)): table[place].content = .texts(own + more)
      default:
        throw .partsDiffer(
          path: path, found: "a table whose column \(column.name) is of another kind", first: first,
          expected: "the one before")
      }
    }
  }

  private static func names(_ columns: [TableColumn]) -> String {
    columns.prefix(6).map(\.name).joined(separator: ", ") + (columns.count > 6 ? ", …" : "")
  }
}

/// An array of which each file has some rows.
private struct JoinedArray {
  let name: String
  private let first: String
  /// Of a row.
  private let shape: [Int]
  private let elementType: ElementType
  private var rows: Int
  private(set) var fileCount = 1
  private var content: Content

  private enum Content {
    /// Numbers that stay in their files; those of the first, where there is no other.
    case files([JoinedMapping.Part], Tensor)
    case memory([Tensor])
  }

  init(_ array: NamedTensor, _ path: String) {
    let tensor = array.tensor
    name = array.name
    first = path
    shape = Array(tensor.shape.dimensions.dropFirst())
    elementType = tensor.elementType
    rows = tensor.rank == 0 ? 0 : tensor.shape[0]
    if let part = Self.part(tensor, path) {
      content = .files([part], tensor)
    } else {
      content = .memory([tensor])
    }
  }

  private static func part(_ tensor: Tensor, _ path: String) -> JoinedMapping.Part? {
    tensor.wholeFileMapping.map {
      JoinedMapping.Part(path: path, offset: $0.offset, byteCount: $0.byteCount)
    }
  }

  mutating func append(_ tensor: Tensor, _ path: String) throws(DataError) {
    guard tensor.rank > 0, Array(tensor.shape.dimensions.dropFirst()) == shape else {
      throw differing(
        path, "\(tensor.shape)", "rows of \(shape.isEmpty ? "one number" : Self.words(shape))")
    }
    switch content {
    case .memory(let tensors): content = .memory(tensors + [tensor])
    case .files(let parts, let own):
      if let part = Self.part(tensor, path), tensor.elementType == elementType {
        content = .files(parts + [part], own)
      } else if tensor.count > 0 {
        throw differing(
          path, "of numbers that cannot stay in the file",
          "\(elementType) as it is in memory, which all are to hold")
      }
    }
    fileCount += 1
    rows += tensor.shape[0]
  }

  private func differing(_ path: String, _ found: String, _ expected: String) -> DataError {
    let named = name.isEmpty ? "" : "\(name) "
    return .partsDiffer(path: path, found: named + found, first: first, expected: expected)
  }

  private static func words(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: "×")
  }

  func joined() throws(DataError) -> NamedTensor {
    switch content {
    case .files(_, let only) where fileCount == 1: NamedTensor(name: name, tensor: only)
    case .files(let parts, _): NamedTensor(name: name, tensor: try mapped(parts))
    case .memory(let tensors) where fileCount == 1 && tensors.count == 1:
      NamedTensor(name: name, tensor: tensors[0])
    case .memory(let tensors):
      NamedTensor(
        name: name,
        tensor: try tensorResult { () throws(TensorError) in try Tensor.concatenate(tensors) })
    }
  }

  private func mapped(_ parts: [JoinedMapping.Part]) throws(DataError) -> Tensor {
    let dimensions = [rows] + shape
    let whole = try tensorResult { () throws(TensorError) in try Shape(checking: dimensions) }
    guard let mapping = JoinedMapping(parts), let tensor = Tensor(mapping, whole, elementType)
    else {
      throw .notMapped(count: parts.count, first: first)
    }
    return tensor
  }
}
