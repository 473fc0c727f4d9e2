import Files
import Tensors

/// What can be written to a file.
package enum Savable: Sendable {
  case tensor(Tensor)
  /// Named arrays, as an archive holds them.
  case record([NamedTensor])
  /// A network's parameters, with the notes that tell how to rebuild it.
  case parameters([NamedTensor], notes: [String: String])
  case dataSet(DataSet)

  fileprivate var words: String {
    switch self {
    case .tensor(let tensor): "a \(tensor.shape) tensor"
    case .record: "a record of arrays"
    case .parameters: "a network"
    case .dataSet: "a data set"
    }
  }
}

/// Writes values to files, whole or not at all.
package enum Saver {
  /// Writes in the form that the path's ending announces; see `AtomicFile` for how.
  ///
  /// Errors: an ending unknown or unfit for the value, a missing directory, a directory or a
  /// read-only file in the path's place, no permission, a full disk, an interruption. After any of
  /// them, what stood there before still does.
  package static func save(_ value: Savable, to path: String) throws(DataError) {
    let target = path.expandingHome
    let format = try writableFormat(target)
    let encode = try encoder(value, format: format, path: target)
    try AtomicFile.write(target) { (sink) throws(DataError) in try encode(sink) }
  }

  private typealias Encoder = (any ByteSink) throws(DataError) -> Void

  private static func writableFormat(_ path: String) throws(DataError) -> FileFormat {
    if path.pathExtension.isEmpty {
      switch FileKind(path: path) {
      case .directory: throw .isDirectory(path: path)
      // A device has no ending; tables are what a person can read there.
      case .other: return .csv
      default: break
      }
    }
    guard let format = FileFormat(path: path), format != .gzip, format != .idx else {
      throw .unknownFormat(path: path, writing: true)
    }
    return format
  }

  /// Chooses the writer before any file is touched.
  private static func encoder(
    _ value: Savable, format: FileFormat, path: String
  ) throws(DataError) -> Encoder {
    switch (value, format) {
    case (.tensor(let tensor), .npy):
      return { (sink) throws(DataError) in try NPYFile.write(tensor, to: sink) }
    case (.tensor(let tensor), .csv):
      let separator = UInt8(ascii: path.pathExtension == "tsv" ? "\t" : ",")
      return { (sink) throws(DataError) in
        try CSVWriter.write(tensor, separator: separator, to: sink)
      }
    case (.tensor(let tensor), .png):
      return { (sink) throws(DataError) in try PNGFile.write(tensor, to: sink) }
    case (.tensor(let tensor), .npz), (.tensor(let tensor), .safetensors):
      // The name that NumPy gives an array without one.
      return archiveEncoder([NamedTensor(name: "arr_0", tensor: tensor)], nil, format)
    case (.record(let tensors), .npz), (.record(let tensors), .safetensors):
      return archiveEncoder(tensors, nil, format)
    case (.parameters(let tensors, let notes), .npz),
      (.parameters(let tensors, let notes), .safetensors):
      return archiveEncoder(tensors, notes, format)
    case (.dataSet(let set), .npz), (.dataSet(let set), .safetensors):
      return archiveEncoder(set.arrays, nil, format)
    default:
      throw .unsavable(value: value.words, format: format, advice: "choose another ending: .npz")
    }
  }

  private static func archiveEncoder(
    _ tensors: [NamedTensor], _ notes: [String: String]?, _ format: FileFormat
  ) -> Encoder {
    if format == .npz {
      return { (sink) throws(DataError) in
        try NPZArchive.write(tensors, notes: notes, to: sink)
      }
    }
    return { (sink) throws(DataError) in
      try SafetensorsFile.write(tensors, notes: notes ?? [:], to: sink)
    }
  }
}

extension DataSet {
  /// The arrays under which a data set is found again by its name: `train_images`,
  /// `train_labels`, and the same for parts that are not empty.
  fileprivate var arrays: [NamedTensor] {
    var arrays: [NamedTensor] = []
    for (name, part) in [("train", train), ("valid", valid), ("test", test)] where !part.isEmpty {
      arrays.append(NamedTensor(name: "\(name)_images", tensor: part.images ?? part.x))
      arrays.append(NamedTensor(name: "\(name)_labels", tensor: part.labels ?? part.y))
    }
    return arrays
  }
}
