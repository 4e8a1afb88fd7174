# SPDX-License-Identifier: Apache-2.0
# The SDK's own rules, but for one. They add the components of Espressif's registry by one `idf.py add-dependency` each,
# all at once, and each of these reads, changes and writes the same idf_component.yml: the last one would win. Here they
# run one after the other, and the first that fails ends the build.
include $(MODDABLE)/tools/mcconfig/make.esp32.mk
BUILD_DEPENDENCIES := set -e; $(subst & ,; ,$(BUILD_DEPENDENCIES))
