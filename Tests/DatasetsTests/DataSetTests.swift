import CResources
import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

@Suite struct DataSetTests {
  private func set(
    _ x: Tensor, _ y: Tensor, names: [String] = []
  ) throws(DataError) -> DataSet {
    try DataSet(name: "d", x: x, y: y, names: names)
  }

  private func setError(_ x: Tensor, _ y: Tensor, names: [String] = []) -> DataError? {
    do throws(DataError) {
      _ = try DataSet(name: "d", x: x, y: y, names: names)
      return nil
    } catch {
      return error
    }
  }

  @Test func labelsBecomeOneHot() throws {
    let set = try set(
      try tensor([1, 2, 3, 4, 5, 6], [3, 2]), try tensor([2, 0, 1], [3]))
    #expect(set.train.y.doubles() == [0, 0, 1, 1, 0, 0, 0, 1, 0])
    #expect(set.train.labels?.doubles() == [2, 0, 1])
    #expect(set.names == ["0", "1", "2"])
    #expect(set.valid.isEmpty && set.test.isEmpty)
    #expect(set.valid.x.shape == [0, 2])
    #expect(set.summary == "d  2 features, 3 classes (0…2)   train 3")
  }

  @Test func oneHotGivesLabels() throws {
    let set = try set(
      try tensor([1, 2], [2]), try tensor([0, 1, 1, 0], [2, 2]), names: ["no", "yes"])
    #expect(set.train.labels?.doubles() == [1, 0])
    #expect(set.train.x.shape == [2, 1])
    #expect(set.summary == "d  1 feature, 2 classes (no, yes)   train 2")
  }

  @Test func imagesKeepTheirShape() throws {
    let set = try set(
      try tensor((0..<24).map(Double.init), [2, 3, 4]), try tensor([0, 1], [2]))
    #expect(set.imageDimensions == [3, 4])
    #expect(set.train.x.shape == [2, 12])
    #expect(set.train.images?.shape == [2, 3, 4])
    #expect(set.train.images?.sharesStorage(with: set.train.x) == true)
    #expect(set.summary.contains("3×4 images"))
  }

  @Test func numbersToPredictAreNoClasses() throws {
    let x = try tensor([1, 2], [2, 1])
    for y in [
      try tensor([0.5, 1.5], [2]), try tensor([-1, 1], [2]), try tensor([1, 250_000], [2]),
      try tensor([1, 0], [2, 1]),
    ] {
      let set = try set(x, y)
      #expect(!set.hasClasses && set.names.isEmpty)
      #expect(set.train.y.shape == [2, 1])
      #expect(set.train.y.doubles() == y.doubles())
      #expect(set.summary == "d  1 feature, 1 target   train 2")
    }
    #expect(try !set(x, try tensor([1, 2, 3, 4], [2, 2])).hasClasses)
    // Rows of probabilities are classes that are not quite sure.
    #expect(try set(x, try tensor([0.25, 0.75, 1, 0], [2, 2])).train.labels?.doubles() == [1, 0])
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let x = try tensor([1, 2, 3], [3])
    let names = ["a", "b"]
    #expect(
      setError(x, try tensor([0, 1], [2])) == .rowCounts(place: "d", rows: 3, labels: 2))
    let outside = setError(x, try tensor([0, 1, 2], [3]), names: names)
    #expect(outside?.message == "d: label 2 in row 2 is outside the 2 classes (a, b)")
    #expect(
      setError(x, try tensor([0, 0.5, 1], [3]), names: names)
        == .labelNotWhole(place: "d", row: 1, label: 0.5))
    #expect(setError(x, try tensor([0, .nan, 1], [3]), names: names) != nil)
    #expect(
      setError(x, try tensor([1, 0, 1, 1, 0, 1], [3, 2]), names: names)
        == .notOneHot(place: "d", row: 1))
    #expect(
      setError(x, try tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]), names: names)
        == .classNames(names: 2, classes: 3))
    #expect(setError(try tensor([], [0, 2]), try tensor([], [0])) == .noExamples(place: "d"))
    #expect(setError(try tensor([1], []), try tensor([1], [1])) != nil)
    #expect(setError(x, try tensor([1], [])) != nil)
    #expect(throws: DataError.self) {
      try DataSet(x: x, y: tensor([1, 2, 3], [3, 1, 1]), names: ["a", "b", "c", "d"])
    }
    #expect(setError(x, try tensor([], [3, 0])) == nil)
  }

  @Test func splittingRepeatsNumPysShuffle() throws {
    let x = try tensor((0..<10).map(Double.init), [10])
    let set = try set(x, try tensor((0..<10).map { Double($0 % 2) }, [10]))
    let split = try set.splitting(train: 5, valid: 3, test: 2, seed: 521)
    // np.random.seed(521); a = np.arange(10); np.random.shuffle(a)
    #expect(split.train.x.doubles() == [3, 5, 8, 6, 1])
    #expect(split.valid.x.doubles() == [4, 0, 9])
    #expect(split.test.x.doubles() == [7, 2])
    #expect(split.train.labels?.doubles() == [1, 1, 0, 0, 1])
    #expect(split.train.y.shape == [5, 2])
    let again = try split.splitting(train: nil, valid: nil, test: 4, seed: 1)
    #expect(again.train.count == 6 && again.valid.isEmpty && again.test.count == 4)
    #expect((again.train.x.doubles() + again.test.x.doubles()).sorted() == x.doubles())
  }

  @Test func partSizes() throws {
    func sizes(_ train: Int?, _ valid: Int?, _ test: Int?) throws(DataError) -> [Int] {
      let sizes = try DataSet.PartSizes(train: train, valid: valid, test: test, of: 12)
      return [sizes.train, sizes.valid, sizes.test]
    }
    #expect(try sizes(nil, nil, nil) == [8, 2, 2])
    #expect(try sizes(6, nil, nil) == [6, 0, 6])
    #expect(try sizes(6, 2, nil) == [6, 2, 4])
    #expect(try sizes(nil, 2, 3) == [7, 2, 3])
    #expect(try sizes(6, 2, 1) == [6, 2, 1])
    #expect(throws: DataError.splitTooLarge(train: 10, valid: 2, test: 1, rows: 12)) {
      try sizes(10, 2, 1)
    }
    #expect(throws: DataError.splitNegative(part: "valid", count: -1)) { try sizes(1, -1, 1) }
    #expect(throws: DataError.self) { try sizes(.max, .max, .max) }
  }
}

@Suite struct NamedSetTests {
  private func load(_ name: String, _ folders: DataFolders) throws -> DataSet {
    guard case .dataSet(let set) = try Loader.load(name, folders: folders) else {
      throw DataError.noExamples(place: name)
    }
    return set
  }

  private var folders: DataFolders { DataFolders([fixture("")]) }

  @Test func idxFilesInAFolder() throws {
    let set = try load("tiny", folders)
    #expect(
      set.summary == "tiny  3×2 images, 4 classes (0…3)   train 10 · valid 2 · test 4")
    let first = set.train.x.doubles().prefix(6).map { ($0 * 255).rounded() }
    #expect(first == [0, 255, 51, 102, 153, 204])
    #expect(set.valid.labels?.doubles() == [2, 3])
    let byPath = try load(fixture("tiny"), DataFolders([]))
    #expect(byPath.summary == set.summary)
  }

  @Test func anArchiveInAFolder() throws {
    let set = try load("archived", folders)
    #expect(
      set.summary == "archived  2×2 images, 3 classes (0…2)   train 6 · valid 3 · test 2")
    #expect(set.train.x.doubles().allSatisfy { $0 == 1 })
    #expect(set.test.x.doubles().allSatisfy { Float($0) == 0.2 })
    #expect(set.test.labels?.doubles() == [2, 1])
  }

  @Test func aSavedSetIsFoundByItsName() throws {
    let directory = try TemporaryDirectory()
    let set = try load("archived", folders)
    try FileWriter.write(set.fileContents, to: directory["mine.npz"])
    let read = try load("mine", DataFolders([directory.path]))
    #expect(read.summary == set.summary.replacingOccurrences(of: "archived", with: "mine"))
    #expect(read.test.x.doubles() == set.test.x.doubles())
  }

  @Test func numbersToPredictStayNumbers() throws {
    let directory = try TemporaryDirectory()
    let x = try tensor((0..<12).map(Double.init), [12, 1])
    let set = try DataSet(name: "line", x: x, y: x)
    try FileWriter.write(set.fileContents, to: directory["line.npz"])
    let read = try load("line", DataFolders([directory.path]))
    #expect(read.summary == "line  1 feature, 1 target   train 10 · valid 2")
    #expect(read.valid.y.doubles() == [10, 11])
  }

  @Test func partsOfDifferentWidthsAreRefused() throws {
    let directory = try TemporaryDirectory()
    let labels = try tensor([0, 1], [2])
    try FileWriter.write(
      .record([
        NamedTensor(name: "train_x", tensor: try tensor([1, 2, 3, 4], [2, 2])),
        NamedTensor(name: "train_y", tensor: labels),
        NamedTensor(name: "test_x", tensor: try tensor([1, 2], [2, 1])),
        NamedTensor(name: "test_y", tensor: labels),
      ]), to: directory["odd.npz"])
    #expect(throws: DataError.self) { try load("odd", DataFolders([directory.path])) }
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist"),
      "the package dataset-fashion-mnist is not installed"))
  func fashionFromTheSystem() throws {
    let set = try load("fashion", DataFolders(["/usr/share/datasets"]))
    #expect(
      set.summary == "fashion  28×28 images, 10 classes (T-shirt/top…Ankle boot)   "
        + "train 50000 · valid 10000 · test 10000")
    #expect(try set.train.x.reduce(.max).item == 1)
    #expect(try set.train.y.reduce(.sum).item == 50_000)
  }

  /// An archive without any file is 22 bytes long: a build without the letters.
  @Test(.enabled(if: nnsh_letters_count() > 22)) func lettersAreLinkedIn() throws {
    let set = try load("letters", DataFolders([]))
    #expect(
      set.summary == "letters  28×28 images, 10 classes (A…J)   "
        + "train 10000 · valid 6000 · test 2720")
    for part in [set.train, set.valid, set.test] {
      #expect(try part.x.reduce(.min).item == 0)
      #expect(try part.x.reduce(.max).item == 1)
      #expect(try part.y.reduce(.sum).item == Double(part.count))
    }
  }

  @Test func absentSetsSayHowToGetThem() throws {
    let nowhere = DataFolders(["/nonexistent"])
    do {
      _ = try Loader.load("fashion", folders: nowhere)
      Issue.record("found")
    } catch {
      #expect(error.suggestions.contains("sudo apt-get install dataset-fashion-mnist"))
    }
    do {
      _ = try Loader.load("mnist", folders: nowhere)
      Issue.record("found")
    } catch {
      #expect(error.description.contains("/nonexistent/mnist"))
    }
  }

  @Test func unknownNamesGetSuggestions() throws {
    do {
      _ = try Loader.load("lettres", folders: folders)
      Issue.record("found")
    } catch {
      #expect(error.message == "no data set or file named lettres")
      #expect(error.suggestions.first == "did you mean letters?")
      #expect(error.suggestions.last?.contains("archived") == true)
    }
  }

  @Test func labelsOutsideTheNamedClasses() throws {
    let directory = try TemporaryDirectory()
    let folder = directory["mnist"]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6]
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 11]
    _ = try directory.write(images, "mnist/train-images-idx3-ubyte")
    let folders = DataFolders([directory.path])
    #expect(throws: DataError.self) { try Loader.load("mnist", folders: folders) }
    _ = try directory.write(labels, "mnist/train-labels-idx1-ubyte")
    do {
      _ = try Loader.load("mnist", folders: folders)
      Issue.record("read")
    } catch {
      #expect(error.message.contains("label 11 in row 1 is outside the 10 classes (0…9)"))
    }
  }

  @Test func variablesAreNamedAfterFiles() {
    #expect(Loader.bindingName(for: "letters") == "letters")
    #expect(Loader.bindingName(for: "fashion-mnist") == "fashion")
    #expect(Loader.bindingName(for: "/a/my data-1.csv.gz") == "my_data_1")
    #expect(Loader.bindingName(for: "../x/2020.npz") == "_2020")
    #expect(Loader.bindingName(for: "train-images-idx3-ubyte.gz") == "train_images_idx3_ubyte")
    #expect(Loader.bindingName(for: "---.npy") == "data")
  }
}
