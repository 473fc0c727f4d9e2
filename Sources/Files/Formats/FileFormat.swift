/// The forms of file that nnsh reads and writes.
package enum FileFormat: String, Hashable, Sendable, CaseIterable {
  case npy, npz, csv, idx, png, safetensors, gzip

  /// The form's name inside a sentence.
  package var name: String {
    switch self {
    case .npy: ".npy file"
    case .npz: ".npz archive"
    case .csv: "CSV table"
    case .idx: "IDX file"
    case .png: "PNG image"
    case .safetensors: ".safetensors file"
    case .gzip: "gzip file"
    }
  }

  package var withArticle: String {
    switch self {
    case .npy, .npz, .idx: "an \(name)"
    default: "a \(name)"
    }
  }

  static let readable =
    ".npy .npz .csv .tsv .txt .idx .png .safetensors .nnsh, any of them with .gz"
  static let writable = ".npy .npz .csv .tsv .png .safetensors .nnsh"

  /// The form that a file's ending announces, `nil` where it announces none.
  ///
  /// `.nnsh` is a checkpoint: named tensors with notes, which is what `.safetensors` holds.
  /// IDX files are often named by kind, as `train-images-idx3-ubyte`.
  package init?(path: String) {
    let name = path.lastPathComponent.lowercased()
    if name.hasSuffix("-ubyte") || name.hasSuffix(".ubyte") {
      self = .idx
      return
    }
    switch name.pathExtension {
    case "npy": self = .npy
    case "npz": self = .npz
    case "csv", "tsv", "txt", "dat": self = .csv
    case "idx", "idx1", "idx2", "idx3", "idx4": self = .idx
    case "png": self = .png
    case "safetensors", "nnsh": self = .safetensors
    case "gz": self = .gzip
    default: return nil
    }
  }

  /// The form that a file's first bytes show, `nil` where they show none.
  package init?(firstBytes bytes: [UInt8]) {
    if bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
      self = .npy
    } else if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) {
      self = .npz
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = .png
    } else if bytes.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if bytes.count >= 4, bytes.starts(with: [0, 0]), (8...14).contains(bytes[2]) {
      self = .idx
    } else if bytes.count >= 9, bytes[8] == UInt8(ascii: "{"), bytes[5...7] == [0, 0, 0] {
      self = .safetensors
    } else {
      return nil
    }
  }

  /// What the first bytes look like, in words for an error, `nil` where they show nothing known.
  package static func described(firstBytes bytes: [UInt8]) -> String? {
    if let format = FileFormat(firstBytes: bytes) { return format.withArticle }
    return ForeignFile.shown(by: bytes)?.name
  }
}
