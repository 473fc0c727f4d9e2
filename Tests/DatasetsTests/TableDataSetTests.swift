import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Data sets of tables: what becomes of each column, and that nothing is learnt from rows outside
/// train.
@Suite struct TableDataSetTests {
  private func numbers(_ name: String, _ values: [Double]) throws -> TableColumn {
    TableColumn(name: name, content: .numbers(try tensor(values, [values.count])))
  }

  private func table() throws -> [TableColumn] {
    [
      try numbers("age", [10, .nan, 30, 50, 20, .nan]),
      TableColumn(name: "town", content: .texts(["b", "a", "", "a", "b", "b"])),
      TableColumn(name: "kind", content: .texts(["y", "x", "x", "y", "x", "y"])),
    ]
  }

  private func set(
    _ missing: DataSet.MissingValues, scaled: Bool = false, y: String = "kind"
  ) throws -> DataSet {
    try DataSet(table: table(), predicting: [y], missing: missing, isScaled: scaled)
  }

  @Test func textsBecomeColumnsAndClasses() throws {
    let set = try set(.filled(.number(-1)))
    #expect(set.featureNames == ["age", "town=a", "town=b"])
    #expect(set.names == ["x", "y"])
    #expect(set.train.labels?.doubles() == [1, 0, 0, 1, 0, 1])
    #expect(Array(set.train.x.doubles().prefix(9)) == [10, 0, 1, -1, 1, 0, 30, -1, -1])
  }

  /// For every seed: the filling and the scale of all parts are those of the rows of train.
  @Test(arguments: 0..<20, [TablePreparation.Filling.mean, .median])
  func nothingIsLearntOutsideTrain(seed: Int, filling: TablePreparation.Filling) throws {
    let raw = try set(.filled(.number(1e9)))
    let dealt = try set(.filled(filling), scaled: true)
      .splitting(train: 3, valid: 2, test: 1, seed: UInt32(seed))
    let bare = try raw.splitting(train: 3, valid: 2, test: 1, seed: UInt32(seed))
    let columns = raw.featureCount
    for column in 0..<columns {
      func cells(_ split: Split) -> [Double] {
        split.x.doubles().enumerated().filter { $0.offset % columns == column }.map(\.element)
      }
      let present = cells(bare.train).filter { $0 != 1e9 }.sorted()
      let middle = present.count / 2
      let median =
        present.count % 2 == 1 ? present[middle] : (present[middle - 1] + present[middle]) / 2
      let stand = filling == .mean ? present.reduce(0, +) / Double(present.count) : median
      let (least, greatest) = (present[0], present[present.count - 1])
      let range = greatest > least ? greatest - least : 1
      for (found, plain) in zip(
        [dealt.train, dealt.valid, dealt.test], [bare.train, bare.valid, bare.test])
      {
        for (a, b) in zip(cells(found), cells(plain)) {
          #expect(abs(a - ((b == 1e9 ? stand : b) - least) / range) < 1e-6)
        }
      }
    }
  }

  @Test func incompleteRowsCanBeLeftOut() throws {
    let set = try set(.dropped)
    #expect(set.count == 3)
    #expect(set.train.labels?.doubles() == [1, 1, 0])
  }

  @Test func whatCannotBe() throws {
    func error(_ body: () throws -> DataSet) -> DataError? {
      do {
        _ = try body()
        return nil
      } catch { return error as? DataError }
    }
    #expect(
      error { try set(.refused) } == .missingValues(column: "age", count: 2, isTarget: false))
    #expect(
      error { try set(.filled(.mean), y: "town") }
        == .missingValues(column: "town", count: 1, isTarget: true))
    #expect(
      error { try set(.dropped, y: "kin") }
        == .unknownColumn(name: "kin", known: ["age", "town", "kind"]))
    #expect(
      error {
        try DataSet(
          table: [try numbers("a", [1, 2])], predicting: ["a"], missing: .refused, isScaled: false)
      } == .noInputs)
    let names = (0..<300).map { "n\($0)" }
    #expect(
      error {
        try DataSet(
          table: [
            TableColumn(name: "name", content: .texts(names)),
            try numbers("a", names.indices.map(Double.init)),
          ], predicting: ["a"], missing: .refused, isScaled: false)
      } == .manyTexts(column: "name", count: 300, rows: 300))
  }

  // MARK: Pictures

  @Test func foldersOfPictures() throws {
    let directory = try TemporaryDirectory()
    for (part, count) in [("train", 2), ("val", 1), ("test", 1)] {
      for (place, name) in ["cat", "dog"].enumerated() {
        let folder = directory["\(part)/\(name)"]
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          let shade = Double(place) / 2
          try FileWriter.write(
            .tensor(try tensor(Array(repeating: shade, count: 12), [3, 4])),
            to: folder + "/\(number).png")
        }
      }
    }
    guard case .dataSet(let set) = try Loader.load(directory.path) else {
      Issue.record("no data set")
      return
    }
    #expect(set.names == ["cat", "dog"])
    #expect(set.summary.hasSuffix("train 4 · valid 2 · test 2"))
    #expect(set.imageDimensions == [3, 4])
    #expect(set.train.labels?.doubles() == [0, 0, 1, 1])
    let odd = directory["train/cat/9.png"]
    try FileWriter.write(.tensor(try tensor([0, 1], [1, 2])), to: odd)
    guard case .pictureShape(odd, [1, 2], [3, 4], _) = loadingError(directory.path) else {
      Issue.record("\(String(describing: loadingError(directory.path)))")
      return
    }
  }

  /// As libjpeg decodes it: what Pillow read of the same file.
  @Test func jpegSamples() throws {
    for name in ["grey", "colour"] {
      let image = try loadTensor(fixture("\(name).jpg"))
      let expected = try loadTensor(fixture("\(name)_jpg.npy"))
      #expect(image.shape == expected.shape)
      for (found, wanted) in zip(image.doubles(), expected.doubles()) {
        #expect(abs(found - wanted) < 1e-6)
      }
    }
    let bytes = try fixtureBytes("colour.jpg")
    for length in stride(from: 4, to: bytes.count - 2, by: 7) {
      #expect(readingError(Array(bytes.prefix(length)), as: "c.jpg") != nil)
    }
  }
}
