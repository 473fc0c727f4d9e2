import CResources
import Files
import Tensors

/// Data sets known by name: what their classes are called, and where to get them.
package struct NamedSet: Sendable {
  package let name: String
  let aliases: [String]
  /// The Debian package that brings it.
  let package: String?
  let classNames: [String]

  /// The letters are part of the binary; the others are looked for in the data folders.
  package static let all = [
    NamedSet(
      name: "letters", aliases: [], package: nil, classNames: "ABCDEFGHIJ".map(String.init)),
    NamedSet(
      name: "fashion", aliases: ["fashion-mnist"], package: "dataset-fashion-mnist",
      classNames: [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
      ]),
    NamedSet(
      name: "mnist", aliases: [], package: nil, classNames: (0...9).map { String($0) }),
  ]

  /// Whether a set bears this name, wherever it is to be had.
  package static func isKnown(_ name: String) -> Bool {
    named(name) != nil || FormulaSet.named(name) != nil
  }

  static func named(_ name: String) -> NamedSet? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }

  /// The set of this name, from the binary or the folders; `nil` where nothing has that name.
  static func load(_ name: String, folders: DataFolders) throws(DataError) -> DataSet? {
    let known = named(name)
    if known?.name == "letters" { return try letters() }
    let searched = known.map { [$0.name] + $0.aliases } ?? [name]
    guard let path = folders.find(searched) else {
      guard let known else { return nil }
      throw .notInstalled(name: known.name, folders: folders.paths, package: known.package)
    }
    let name = known?.name ?? name
    let names = known?.classNames ?? []
    if path.hasSuffix(".npz") {
      let source = try FileSource.open(path)
      return try ArchivedSet.read(source, name: name, names: names)
    }
    return try IDXDirectory.read(path, name: name, names: names)
  }

  /// The letters A to J that are linked into the binary.
  package static func letters() throws(DataError) -> DataSet {
    let bytes = UnsafeRawBufferPointer(start: nnsh_letters(), count: nnsh_letters_count())
    return try ArchivedSet.read(
      StaticSource(bytes, place: "letters"), name: "letters",
      names: named("letters")?.classNames ?? [])
  }

  /// The names that can be loaded here and now, sorted.
  package static func available(_ folders: DataFolders = .standard) -> [String] {
    var names = Set(folders.names())
    for set in all {
      let spellings = [set.name] + set.aliases
      if set.name == "letters" || !names.isDisjoint(with: spellings) {
        names.subtract(spellings)
        names.insert(set.name)
      }
    }
    return names.sorted()
  }
}

/// A data set in one `.npz`: arrays `train_images`, `train_labels`, and the same with `valid` and
/// `test`; or `x_train`, `y_train`, as Keras names them.
enum ArchivedSet {
  static func read(
    _ source: any ByteSource, name: String, names: [String]
  ) throws(DataError) -> DataSet {
    let arrays = try NPZArchive.read(source, scaling: .unitInterval).tensors
    let place = source.place
    let train = try part(arrays, ["train"], place)
    guard let train else {
      throw .incompleteSet(place: place, missing: ["train_images", "train_labels"])
    }
    return try DataSet.labelled(
      name: name, train: train, valid: try part(arrays, ["valid", "val", "validation"], place),
      test: try part(arrays, ["test"], place), names: names)
  }

  private static func part(
    _ arrays: [NamedTensor], _ spellings: [String], _ place: String
  ) throws(DataError) -> LabelledPart? {
    func find(_ kinds: [String]) -> NamedTensor? {
      let names = spellings.flatMap { part in
        kinds.flatMap { ["\(part)_\($0)", "\($0)_\(part)"] }
      }
      return arrays.first { names.contains($0.name) }
    }
    let images = find(["images", "x", "data"])
    let labels = find(["labels", "y", "target", "targets"])
    switch (images, labels) {
    case (nil, nil): return nil
    case (let images?, let labels?):
      return LabelledPart(
        place: "\(place) (\(labels.name))", images: images.tensor, labels: labels.tensor)
    case (nil, let labels?):
      throw .incompleteSet(place: place, missing: ["the images for \(labels.name)"])
    case (let images?, nil):
      throw .incompleteSet(place: place, missing: ["the labels for \(images.name)"])
    }
  }
}
