#pragma once

#include "tests/simulation/world.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>

namespace eventbus::simulation {

// What clients do. Each operation is a coroutine on one of the loops, tells the auditor what it begins and what it was
// told, and is decided by dice of its own, so that leaving one out changes no other.

// The auditor learns what there will be: queues, log groups, rules' names and buses.
void introduce(World& world);
// Makes queues and log groups, at the beginning.
asio::awaitable<void> set_up(World& world, Life& life);

// The operation of this number begins.
void begin_operation(World& world, std::size_t number);

// workload_messages.cpp
asio::awaitable<void> send(World& world, Life& life, Dice dice);
asio::awaitable<void> receive(World& world, Life& life, std::string queue, Dice dice);
asio::awaitable<void> count(World& world, Life& life, std::string queue);
asio::awaitable<void> purge(World& world, Life& life, std::string queue);
asio::awaitable<void> drop(World& world, Life& life, std::string queue);
asio::awaitable<void> create(World& world, Life& life, std::string queue);
asio::awaitable<void> move_letters_back(World& world, Life& life, Dice dice);
// Receives and deletes until the queue is empty.
asio::awaitable<void> drain(World& world, Life& life, std::string queue);

// workload_events.cpp
asio::awaitable<void> publish(World& world, Life& life, Dice dice);
asio::awaitable<void> redrive_letters(World& world, Life& life, Dice dice);
asio::awaitable<void> read_log(World& world, Life& life, std::string group);

// workload_archives.cpp
asio::awaitable<void> change_archive(World& world, Life& life, std::string name, Dice dice);
asio::awaitable<void> read_archive(World& world, Life& life, std::string name, Dice dice);
asio::awaitable<void> start_replay(World& world, Life& life, Dice dice);
asio::awaitable<void> cancel_replay(World& world, Life& life, Dice dice);
// What has been expired for long has given its space back.
asio::awaitable<void> look_for_expired(World& world, Life& life, std::string name);
void compare_archives(World& world);
void compare_replays(World& world);

// workload_schedules.cpp
asio::awaitable<void> change_schedule(World& world, Life& life, std::string name, Dice dice);
asio::awaitable<void> pause_schedule(World& world, Life& life, std::string name);
void compare_schedules(World& world);

// workload_connections.cpp
asio::awaitable<void> change_connection(World& world, Life& life, std::string name, Dice dice);
asio::awaitable<void> change_destination(World& world, Life& life, std::string name, Dice dice);
// So that what waits can be delivered.
asio::awaitable<void> restore_connections(World& world, Life& life);
void compare_connections(World& world);

// workload_rules.cpp
asio::awaitable<void> change_rule(World& world, Life& life, std::string name, Dice dice);
asio::awaitable<void> disable_rule(World& world, Life& life, std::string name);
// After a start (the others of this name as well): what was acknowledged is there, and what was in doubt is decided.
void compare_rules(World& world);
void compare_queues(World& world);

// Names that the operations choose from.
std::vector<std::string> log_groups();

}  // namespace eventbus::simulation
