<?php
/**
 * Plugin Name: Crease live cricket
 * Description: Live cricket scores in posts and pages: a block, and the shortcode [crease match="mat_…"].
 * Version: 1.0.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * License: Apache-2.0
 * Text Domain: crease
 *
 * The page gets one script tag, and only where a score is on it. No cookie is set, and nothing but a fan's choice of a
 * language is stored in the browser. The score speaks the page's language where it is one of Crease's.
 */

namespace Crease;

defined( 'ABSPATH' ) || exit;

const VIEWS  = array( 'compact', 'card', 'full' );
const THEMES = array( 'auto', 'light', 'dark' );
const TONES  = array( 'plain' );
/** Where nothing is said, the page's language and the theme's own colours and corners hold. */
const DEFAULTS = array(
	'match'  => '',
	'view'   => 'card',
	'theme'  => 'auto',
	'lang'   => '',
	'tone'   => '',
	'paper'  => '',
	'ink'    => '',
	'accent' => '',
	'radius' => '',
);

/** Where Crease is, without a slash at the end; empty until it is set. */
function origin(): string {
	return (string) get_option( 'crease_origin', '' );
}

/** The publishable key: it is bound to this site, so it may be seen. */
function key(): string {
	return (string) get_option( 'crease_key', '' );
}

/** `https://live.example.com`, or nothing. Plain http is for a Crease on this machine. */
function sanitize_origin( $text ): string {
	$parts = wp_parse_url( trim( (string) $text ) );
	$host  = $parts['host'] ?? '';
	$local = in_array( $host, array( 'localhost', '127.0.0.1' ), true );
	if ( '' === $host || ! ( 'https' === ( $parts['scheme'] ?? '' ) || ( $local && 'http' === ( $parts['scheme'] ?? '' ) ) ) ) {
		add_settings_error( 'crease_origin', 'crease_origin', __( 'The address of Crease begins with https:// and has no path.', 'crease' ) );
		return origin();
	}
	return $parts['scheme'] . '://' . $host . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
}

/** A publishable key, or nothing: a secret one must never come into a page. */
function sanitize_key( $text ): string {
	$text = trim( (string) $text );
	if ( ! preg_match( '/^crs_pk_(live|test)_[0-9A-Za-z]+$/', $text ) ) {
		add_settings_error( 'crease_key', 'crease_key', __( 'A publishable key begins with crs_pk_. Never put a secret key here.', 'crease' ) );
		return key();
	}
	return $text;
}

/** The element's attributes: of what was said only what it can mean. The match is checked by `render`. */
function element_attributes( array $said ): array {
	$attributes = array(
		'match' => $said['match'],
		'view'  => in_array( $said['view'], VIEWS, true ) ? $said['view'] : 'card',
		'theme' => in_array( $said['theme'], THEMES, true ) ? $said['theme'] : 'auto',
	);
	if ( preg_match( '/^[a-z]{2,3}(-[0-9A-Za-z]{2,8})*$/', $said['lang'] ) ) {
		$attributes['lang'] = $said['lang'];
	}
	if ( in_array( $said['tone'], TONES, true ) ) {
		$attributes['tone'] = $said['tone'];
	}
	$style = '';
	foreach ( array( 'paper', 'ink', 'accent' ) as $name ) {
		if ( preg_match( '/^#[0-9A-Fa-f]{6}$/', $said[ $name ] ) ) {
			$style .= "--crease-$name:" . $said[ $name ] . ';';
		}
	}
	if ( preg_match( '/^[0-9]{1,2}$/', $said['radius'] ) && (int) $said['radius'] <= 40 ) {
		$style .= '--crease-radius:' . (int) $said['radius'] . 'px;';
	}
	if ( '' !== $style ) {
		$attributes['style'] = $style;
	}
	return $attributes;
}

/** The markup of one score, for the block and for the shortcode. */
function render( $attributes ): string {
	$said  = array_map( 'strval', shortcode_atts( DEFAULTS, (array) $attributes ) );
	$match = $said['match'];
	if ( ! preg_match( '/^mat_[0-9A-Za-z]{22}$/', $match ) || '' === origin() || '' === key() ) {
		// Readers see nothing; who can mend it is told.
		$told = __( 'Crease: set the address and the key under Settings, Crease, and give a match (mat_…).', 'crease' );
		return current_user_can( 'edit_posts' ) ? '<p>' . esc_html( $told ) . '</p>' : '';
	}
	wp_enqueue_script( 'crease' );
	wp_enqueue_style( 'crease' );
	$attributes = element_attributes( $said );
	$query      = array( 'frame' => 'page', 'key' => key() ) + array_intersect_key( $attributes, array( 'lang' => '' ) );
	$page       = origin() . '/v1/embed/' . $match . '?' . http_build_query( $query );
	$words      = '';
	foreach ( $attributes as $name => $value ) {
		$words .= sprintf( ' %s="%s"', $name, esc_attr( $value ) );
	}
	return sprintf(
		'<crease-match%s></crease-match><noscript><a href="%s">%s</a></noscript>',
		$words,
		esc_url( $page ),
		esc_html__( 'Live score', 'crease' )
	);
}

add_action(
	'init',
	function () {
		// No version in the address: v1 is a channel that stays what it is.
		wp_register_script( 'crease', origin() . '/v1/crease.js', array(), null, true );
		wp_register_style( 'crease', plugins_url( 'reserve.css', __FILE__ ), array(), '1.0.0' );
		add_shortcode( 'crease', __NAMESPACE__ . '\render' );
		register_block_type( __DIR__ . '/block', array( 'render_callback' => __NAMESPACE__ . '\render' ) );
	}
);

// In the head where that can be known, so that room is kept before the text is there.
add_action(
	'wp_enqueue_scripts',
	function () {
		$post = is_singular() ? get_post() : null;
		if ( $post && ( has_block( 'crease/match', $post ) || has_shortcode( $post->post_content, 'crease' ) ) ) {
			wp_enqueue_style( 'crease' );
		}
	}
);

// WordPress 6.3 could say "async" itself, but not the key.
add_filter(
	'script_loader_tag',
	function ( $tag, $handle ) {
		return 'crease' === $handle ? str_replace( '<script ', '<script async data-key="' . esc_attr( key() ) . '" ', $tag ) : $tag;
	},
	10,
	2
);

add_action(
	'admin_init',
	function () {
		add_settings_section( 'crease', '', '__return_null', 'crease' );
		$fields = array(
			'crease_origin' => array( __( 'Address of Crease', 'crease' ), 'url', 'https://live.example.com', __NAMESPACE__ . '\sanitize_origin' ),
			'crease_key'    => array( __( 'Publishable key', 'crease' ), 'text', 'crs_pk_…', __NAMESPACE__ . '\sanitize_key' ),
		);
		foreach ( $fields as $name => list( $label, $type, $example, $sanitize ) ) {
			register_setting( 'crease', $name, array( 'type' => 'string', 'sanitize_callback' => $sanitize, 'default' => '' ) );
			$field = function () use ( $name, $type, $example ) {
				printf(
					'<input class="regular-text code" id="%1$s" name="%1$s" type="%2$s" placeholder="%3$s" value="%4$s">',
					esc_attr( $name ),
					esc_attr( $type ),
					esc_attr( $example ),
					esc_attr( (string) get_option( $name ) )
				);
			};
			add_settings_field( $name, esc_html( $label ), $field, 'crease', 'crease', array( 'label_for' => $name ) );
		}
	}
);

add_action(
	'admin_menu',
	function () {
		$page = function () {
			echo '<div class="wrap"><h1>' . esc_html__( 'Crease live cricket', 'crease' ) . '</h1><form action="options.php" method="post">';
			settings_fields( 'crease' );
			do_settings_sections( 'crease' );
			submit_button();
			echo '</form></div>';
		};
		add_options_page( __( 'Crease live cricket', 'crease' ), 'Crease', 'manage_options', 'crease', $page );
	}
);

register_uninstall_hook( __FILE__, __NAMESPACE__ . '\uninstall' );

/** Leaves nothing behind. */
function uninstall(): void {
	delete_option( 'crease_origin' );
	delete_option( 'crease_key' );
}
