/// What `--version` prints.
package enum Version {
  package static let text = "0.1.0"
  /// The day of it, for the man page.
  static let date = "2026-11-22"
}
