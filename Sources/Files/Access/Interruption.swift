import Tensors

/// Ends a long reading or writing when Ctrl-C has been pressed.
package func throwIfInterrupted(_ place: String) throws(DataError) {
  if Interrupt.isRequested { throw .interrupted(path: place) }
}
