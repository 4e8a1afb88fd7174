# SPDX-License-Identifier: Apache-2.0
# The SDK's own rules, but for two. They add the components of Espressif's registry by one `idf.py add-dependency` each,
# all at once, and each of these reads, changes and writes the same idf_component.yml: one of five is left. Here they
# run one after the other, the first that fails ends the build, and ESP-IDF's configuration, which downloads what the
# file names, waits for them.
include $(MODDABLE)/tools/mcconfig/make.esp32.mk
BUILD_DEPENDENCIES := set -e; $(subst & ,; ,$(BUILD_DEPENDENCIES))
$(SDKCONFIG_H): | dependencies
