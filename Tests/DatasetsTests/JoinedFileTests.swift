import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Files that are read together, and joined row by row.
@Suite struct JoinedFileTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func save(_ tensor: Tensor, _ name: String) throws -> String {
    try FileWriter.write(.tensor(tensor), to: folder[name])
    return folder[name]
  }

  private func save(_ arrays: [(String, Tensor)], _ name: String) throws -> String {
    try FileWriter.write(
      .record(arrays.map { NamedTensor(name: $0.0, tensor: $0.1) }), to: folder[name])
    return folder[name]
  }

  private func counting(_ shape: [Int], from first: Int = 0, _ type: ElementType = .f32) throws
    -> Tensor
  {
    let count = shape.reduce(1, *)
    return try Tensor(
      doubles: (first..<first + count).map(Double.init), Shape(checking: shape), elementType: type)
  }

  @Test(arguments: [false, true], [ElementType.f32, .f64])
  func tensorsAreJoined(isMapped: Bool, type: ElementType) throws {
    let paths = [
      try save(counting([3, 4], type), "a.npy"),
      try save(counting([1, 4], from: 12, type), "b.npy"),
      try save(counting([0, 4], type), "none.npy"),
      try save(counting([5, 4], from: 16, type), "c.npy"),
    ]
    guard case .tensor(let tensor, _) = try FileReader.read(joining: paths, isMapped: isMapped)
    else { Issue.record("no tensor"); return }
    #expect(tensor.shape.dimensions == [9, 4])
    #expect(tensor.elementType == type)
    #expect(tensor.isMapped == isMapped)
    #expect(tensor.doubles() == (0..<36).map(Double.init))
  }

  @Test(arguments: [".safetensors", ".npz"]) func recordsAreJoinedByName(_ ending: String) throws {
    let paths = [
      try save([("x", counting([2, 3])), ("y", counting([2]))], "a" + ending),
      try save([("y", counting([3], from: 2)), ("x", counting([3, 3], from: 6))], "b" + ending),
    ]
    let isMapped = ending == ".safetensors"
    guard case .record(let arrays, _) = try FileReader.read(joining: paths, isMapped: isMapped)
    else { Issue.record("no record"); return }
    #expect(arrays.map(\.name) == ["x", "y"])
    #expect(arrays.map(\.tensor.isMapped) == [isMapped, isMapped])
    #expect(arrays[0].tensor.doubles() == (0..<15).map(Double.init))
    #expect(arrays[1].tensor.doubles() == (0..<5).map(Double.init))
  }

  /// As a model's weights are spread over files.
  @Test func recordsWithoutCommonNamesAreOne() throws {
    let paths = [
      try save([("a", counting([2, 3]))], "a.safetensors"),
      try save([("b", counting([5]))], "b.safetensors"),
      try save([("c", counting([1, 1])), ("d", counting([]))], "c.safetensors"),
    ]
    guard case .record(let arrays, _) = try FileReader.read(joining: paths, isMapped: true)
    else { Issue.record("no record"); return }
    #expect(arrays.map(\.name) == ["a", "b", "c", "d"])
    #expect(arrays.map(\.tensor.count) == [6, 5, 1, 1])
  }

  @Test func tablesAreJoined() throws {
    let paths = [
      try folder.write("city,age\nOslo,3\n", "a.csv"),
      try folder.write("city,age\nBern,4.5\nRome,5\n", "b.csv"),
    ]
    guard case .table(let columns, _) = try FileReader.read(joining: paths) else {
      Issue.record("no table")
      return
    }
    #expect(columns.map(\.name) == ["city", "age"])
    guard case .texts(let cities) = columns[0].content, case .numbers(let ages) = columns[1].content
    else { Issue.record("other columns"); return }
    #expect(cities == ["Oslo", "Bern", "Rome"])
    #expect(ages.doubles() == [3, 4.5, 5])
  }

  @Test(arguments: [false, true]) func whatDoesNotFitIsNamed(isMapped: Bool) throws {
    let tensor = try save(counting([3, 4]), "a.npy")
    let others = [
      try save(counting([3, 5]), "wide.npy"), try save(counting([3, 4, 1]), "deep.npy"),
      try save(counting([]), "number.npy"), try save([("x", counting([3, 4]))], "r.safetensors"),
      try folder.write("a,b\n1,2\n", "t.csv"), try folder.write("{\"a\": 1}", "j.json"),
    ]
    for other in others {
      #expect(throws: DataError.self, "\(other)") {
        try FileReader.read(joining: [tensor, other], isMapped: isMapped)
      }
      let error = #expect(throws: DataError.self) {
        try FileReader.read(joining: [other, tensor, tensor], isMapped: isMapped)
      }
      #expect(error?.message.contains(folder.path) ?? false)
    }
    #expect(throws: DataError.noFiles) { try FileReader.read(joining: []) }
    #expect(throws: DataError.self) { try FileReader.read(joining: [tensor, folder["none.npy"]]) }
  }

  /// One file's numbers can stay where they are, the other's cannot.
  @Test func numbersOfOtherTypesAreNotMappedTogether() throws {
    let paths = [try save(counting([3, 4]), "a.npy"), try save(counting([2, 4], .f64), "b.npy")]
    #expect(throws: DataError.self) { try FileReader.read(joining: paths, isMapped: true) }
    guard case .tensor(let tensor, _) = try FileReader.read(joining: paths) else {
      Issue.record("no tensor")
      return
    }
    #expect(tensor.elementType == .f64)
  }

  @Test func patternsFindFilesInOrder() throws {
    for name in ["p-10.npy", "p-9.npy", "p-009b.npy", "p-1.npy", "q-1.npy", "p-2.txt"] {
      _ = try folder.write("x", name)
    }
    try FileManager.default.createDirectory(
      atPath: folder["p-3.npy"], withIntermediateDirectories: true)
    func found(_ pattern: String) throws -> [String] {
      try #require(PathPattern(folder[pattern])).files().map(\.lastPathComponent)
    }
    #expect(try found("p-*.npy") == ["p-1.npy", "p-9.npy", "p-009b.npy", "p-10.npy"])
    #expect(try found("?-1.npy") == ["p-1.npy", "q-1.npy"])
    #expect(try found("[q]*") == ["q-1.npy"])
    #expect(throws: DataError.noMatch(pattern: folder["r*"])) { try found("r*") }
    #expect(PathPattern(folder["p-1.npy"]) == nil)
    // A file that bears such a name is a file.
    _ = try folder.write("x", "a*.npy")
    #expect(PathPattern(folder["a*.npy"]) == nil)
    #expect(PathPattern(folder["p[1].npy"]) == nil)
  }

  @Test(arguments: [
    ("parts/x-", "x"), ("x-0.npy", "x"), ("/data/part_", "part"), ("7.npy", "_7"),
    ("parts", "parts"),
    ("weights-00001-of-00003.safetensors", "weights_00001_of"),
  ])
  func partsAreNamed(_ stem: String, _ name: String) {
    #expect(Loader.bindingName(forParts: stem) == name)
  }
}
