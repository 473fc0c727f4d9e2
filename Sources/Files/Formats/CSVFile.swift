import Tensors

extension FileFormat {
  package static let csv = FileFormat(
    "a CSV table", endings: [".csv", ".tsv"], otherEndings: [".dat"], isText: true,
    // Any text may be one: no first bytes tell.
    begins: { _ in false },
    read: { (source) throws(DataError) in try CSVFile.read(source) },
    holds: [.tensor, .table],
    write: { (contents, path, sink) throws(DataError) in
      let separator = UInt8(ascii: path.pathExtension == "tsv" ? "\t" : ",")
      if case .table(let columns, _) = contents {
        try CSVTableWriter(columns, separator: separator).write(to: sink)
      }
      for array in contents.arrays {
        try CSVWriter.write(array.tensor, separator: separator, to: sink)
      }
    })
}

/// A CSV file as what it holds: a table of columns where its first row holds names, otherwise one
/// tensor.
enum CSVFile {
  static func read(_ source: any ByteSource) throws(DataError) -> FileContents {
    guard source.count > 0 else { throw .empty(path: source.place) }
    let beginning = try CSVBeginning.read(source)
    if beginning.names.isEmpty {
      let table = try CSVReader.read(source, beginning)
      return .tensor(table.tensor, remarks: table.remarks)
    }
    if !beginning.hasText {
      do throws(DataError) {
        let table = try CSVReader.read(source, beginning, byColumn: true)
        return .table(try table.columns(), remarks: table.remarks)
      } catch {
        // Text in a column makes it one of text; all else is wrong in any table.
        guard case .notANumber = error else { throw error }
      }
    }
    let table = try CSVTableReader(source, beginning).read()
    return .table(table.columns, remarks: table.remarks)
  }
}

extension CSVTable {
  /// Each column by itself, under names of which none is empty or occurs twice.
  fileprivate func columns() throws(DataError) -> [TableColumn] {
    let names = TableColumn.uniqueNames(columnNames)
    // All columns share this memory. It is the tensor's own unless blank columns were left out.
    let byColumn = try tensorResult { () throws(TensorError) in
      try (tensor.rank == 1 ? tensor.reshaped([1, tensor.count]) : tensor.transposed()).contiguous()
    }
    var columns: [TableColumn] = []
    for (place, name) in names.enumerated() {
      let column = try tensorResult { () throws(TensorError) in
        try byColumn.subscripted([.at(place)])
      }
      columns.append(
        TableColumn(name: name, content: .numbers(try column.narrowedWhereExact())))
    }
    return columns
  }
}

extension Tensor {
  /// Float32 where that gives back the same decimal number for every element: one column of a table
  /// may need Float64, and the others not.
  fileprivate func narrowedWhereExact() throws(DataError) -> Tensor {
    guard elementType == .f64 else { return self }
    return try tensorResult { () throws(TensorError) in
      try guardedDoubles().allSatisfy(Self.passesThroughFloat32) ? try cast(to: .f32) : self
    }
  }

  private static func passesThroughFloat32(_ number: Double) -> Bool {
    let single = Float(number)
    return number.isNaN || Double(single) == number || Double(single.description) == number
  }
}
